namespace OAuthClient;

/// <summary>
/// A callback that was held against its pending authorization. The token endpoint takes nothing else for a code, and only
/// <see cref="Validate"/> makes one: an unvalidated code cannot be redeemed.
/// </summary>
internal sealed class ValidatedAuthorizationResponse
{
    private ValidatedAuthorizationResponse(PendingAuthorization pending, AuthorizationCode code)
    {
        Pending = pending;
        Code = code;
    }

    public PendingAuthorization Pending { get; }
    public AuthorizationCode Code { get; }

    /// <summary>Whether the callback answers this pending authorization at all; only then does it use it up.</summary>
    /// <exception cref="OAuthProtocolException">State, registration or server differ, or it came too late.</exception>
    public static void ValidateCorrelation(
        PendingAuthorization pending,
        AuthorizationResponse response,
        string clientName,
        string server,
        DateTimeOffset now
    )
    {
        if (!string.Equals(pending.ClientName, clientName, StringComparison.Ordinal))
        {
            throw new OAuthProtocolException(
                $"The authorization was begun by the OAuth client '{pending.ClientName}' but the callback arrived at '{clientName}'; complete it with the client that began it (RFC 9700 §4.4)."
            );
        }
        if (response.State is null)
            throw new OAuthProtocolException(
                "The callback has no state, so it answers no authorization that was begun here (RFC 6749 §10.12)."
            );
        if (!pending.Matches(response))
            throw new OAuthProtocolException(
                "The callback's state is not that of the pending authorization: another browser, another tab, or an attack (RFC 6749 §10.12)."
            );
        if (now >= pending.ExpiresAt)
            throw new OAuthProtocolException("The callback came after the pending authorization had expired; begin a new one.");
        if (!string.Equals(pending.Server, server, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                "The registration was moved to another authorization server while the browser was away; begin a new authorization (RFC 9700 §4.4)."
            );
    }

    /// <exception cref="OAuthProtocolException">The callback is not from the server that was asked, or has no shape the specification knows.</exception>
    /// <exception cref="AuthorizationResponseException">The server said no.</exception>
    public static ValidatedAuthorizationResponse Validate(PendingAuthorization pending, AuthorizationResponse response)
    {
        // Before anything else is believed, the error included: RFC 9207 §2.4.
        ValidateIssuer(pending, response.Issuer);
        ValidateRedirectPath(pending, response.Path);
        switch (response)
        {
            case { Error: not null, Code: not null }:
                throw new OAuthProtocolException("The callback holds both a code and an error (RFC 6749 §4.1.2).");
            case { Error: { } error }:
                throw new AuthorizationResponseException(
                    ServerTextSanitizer.Clean(error) ?? "unnamed error",
                    ServerTextSanitizer.Clean(response.OtherParameters.GetValueOrDefault(ParameterNames.ErrorDescription)),
                    ServerTextSanitizer.Clean(response.OtherParameters.GetValueOrDefault(ParameterNames.ErrorUri))
                );
            case { Code: { } code }:
                return new ValidatedAuthorizationResponse(pending, code);
            default:
                throw new OAuthProtocolException("The callback holds neither a code nor an error (RFC 6749 §4.1.2).");
        }
    }

    private static void ValidateIssuer(PendingAuthorization pending, string? issuer)
    {
        if (issuer is null)
        {
            if (pending.RequiresIssuer)
                throw new OAuthProtocolException(
                    $"The callback has no iss, though {pending.Server} says that it always sends it (RFC 9207 §2.4)."
                );
        }
        else if (pending.Issuer is not null && !IssuerTemplate.Matches(pending.Issuer, issuer))
        {
            throw new OAuthProtocolException(
                $"The callback comes from '{ServerTextSanitizer.Clean(issuer)}', but the browser was sent to '{pending.Issuer}' (RFC 9207 §2.4). The code was not redeemed."
            );
        }
    }

    // Where servers are told apart by redirect URI, a response must not count at another one's (RFC 9700 §4.4.2.2).
    // Scheme and host are left out: behind a proxy the application sees others than the browser.
    private static void ValidateRedirectPath(PendingAuthorization pending, string? path)
    {
        if (path is null && pending.RequiresRedirectPathMatch)
        {
            throw new OAuthProtocolException(
                $"{pending.Server} does not promise to name itself in its callbacks (RFC 9207), so only where they arrive tells them from another server's (RFC 9700 §4.4), and where this one arrived was not said: "
                    + "parse it from the whole address."
            );
        }
        string expected = new Uri(pending.RedirectUri).AbsolutePath;
        if (path is not null && !string.Equals(path, expected, StringComparison.Ordinal))
        {
            throw new OAuthProtocolException(
                $"The callback arrived at '{ServerTextSanitizer.Clean(path)}', another path than the redirect URI's, '{expected}'; it belongs to another registration (RFC 9700 §4.4), or the route and RedirectUri differ. "
                    + "Behind a proxy that strips a prefix, call UsePathBase."
            );
        }
    }
}
