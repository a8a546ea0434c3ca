using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>
/// A callback that was validated against its pending authorization. Only <see cref="Validate"/> creates one, and a code can be redeemed
/// from nothing else, so a code that was not validated cannot be redeemed.
/// </summary>
internal sealed class ValidatedAuthorizationResponse
{
    // The parameters of the specifications (RFC 6749 §4.1.2, RFC 9207 §2, JARM §2.3.1).
    private static readonly FrozenSet<string> Standard = FrozenSet.Create(
        StringComparer.Ordinal,
        ParameterNames.Code,
        ParameterNames.State,
        ParameterNames.Issuer,
        ParameterNames.Error,
        ParameterNames.ErrorDescription,
        ParameterNames.ErrorUri,
        "response"
    );

    private ValidatedAuthorizationResponse(
        PendingAuthorization pending,
        AuthorizationCode code,
        IReadOnlyDictionary<string, string> parameters
    )
    {
        Pending = pending;
        Code = code;
        OtherParameters = parameters.Where(parameter => !Standard.Contains(parameter.Key)).ToList();
    }

    public PendingAuthorization Pending { get; }
    public AuthorizationCode Code { get; }

    /// <summary>Gets the parameters that the specifications do not define. They are not validated.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> OtherParameters { get; }

    /// <summary>
    /// Validates that the callback belongs to this pending authorization. Called before the state is consumed, so that another callback
    /// does not consume it.
    /// </summary>
    /// <exception cref="OAuthProtocolException">State, client or server differ, or the pending authorization has expired.</exception>
    public static void ValidateCorrelation(
        PendingAuthorization pending,
        AuthorizationResponse response,
        string clientName,
        string server,
        DateTimeOffset now
    )
    {
        if (pending.ClientName != clientName)
        {
            throw new OAuthProtocolException(
                $"The authorization was begun by {ClientDisplayName.Of(pending.ClientName)}, but the callback arrived at "
                    + $"{ClientDisplayName.Of(clientName)}; complete it with the client that began it (RFC 9700 §4.4)."
            );
        }
        if (response.State is null)
            throw new OAuthProtocolException(
                "The callback has no state, so it belongs to no authorization that was begun here (RFC 6749 §10.12)."
                    + (response.DescribeError() is { } said ? $" It reports the error {said}. Nothing was completed." : "")
            );
        if (!pending.Matches(response))
            throw new OAuthProtocolException(
                "The callback's state is not that of the pending authorization: it comes from another browser or tab, or is an attack "
                    + "(RFC 6749 §10.12). Begin a new authorization."
            );
        if (now >= pending.ExpiresAt)
            throw new OAuthProtocolException("The callback came after the pending authorization had expired; begin a new one.");
        if (pending.Server != server)
            throw new OAuthProtocolException(
                "The client was moved to another authorization server since the authorization was begun; begin a new one "
                    + "(RFC 9700 §4.4)."
            );
    }

    /// <summary>Validates the issuer, the redirect URI and the parameters of the callback.</summary>
    /// <param name="pending">The pending authorization.</param>
    /// <param name="response">The callback.</param>
    /// <param name="adaptation">The server's words for error codes; <see langword="null"/> for a server that conforms.</param>
    /// <returns>The validated callback.</returns>
    /// <exception cref="OAuthProtocolException">
    /// The callback comes from another server, or does not conform to the specification.
    /// </exception>
    /// <exception cref="AuthorizationResponseException">The server or the user denied the authorization.</exception>
    public static ValidatedAuthorizationResponse Validate(
        PendingAuthorization pending,
        AuthorizationResponse response,
        ServerAdaptation? adaptation = null
    )
    {
        // The issuer is validated before any other parameter is used, including the error (RFC 9207 §2.4).
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
                    ServerTextSanitizer.Clean(response.OtherParameters.GetValueOrDefault(ParameterNames.ErrorUri)),
                    (adaptation ?? ServerAdaptation.None).AuthorizationErrorCode(error)
                );
            case { Code: { } code }:
                return new ValidatedAuthorizationResponse(pending, code, response.OtherParameters);
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
                    $"The callback has no iss, which {pending.Server} must send: its metadata state so, or the client uses FAPI 2.0 (RFC "
                        + "9207 §2.4, FAPI 2.0 Security Profile §5.3.3.2). The code was not redeemed."
                );
        }
        else if (pending.Issuer is not null && !IssuerTemplate.Matches(pending.Issuer, issuer))
        {
            throw new OAuthProtocolException(
                $"The callback comes from '{ServerTextSanitizer.Clean(issuer)}', but the browser was sent to '{pending.Issuer}' "
                    + "(RFC 9207 §2.4). The code was not redeemed."
            );
        }
    }

    // Where servers are distinguished by redirect URI, a response at the redirect URI of another server is rejected (RFC 9700 §4.4.2.2).
    // Scheme and host are not compared, because behind a proxy the application sees others than the browser.
    private static void ValidateRedirectPath(PendingAuthorization pending, string? path)
    {
        if (path is null && pending.RequiresRedirectPathMatch)
        {
            throw new OAuthProtocolException(
                $"{pending.Server} does not name itself in its callbacks (RFC 9207), so they are distinguished from another server's by "
                    + "the path at which they arrive (RFC 9700 §4.4). This callback was parsed without its path; parse it from the whole "
                    + "address."
            );
        }
        string expected = new Uri(pending.RedirectUri).AbsolutePath;
        if (path is not null && path != expected)
        {
            throw new OAuthProtocolException(
                $"The callback arrived at '{ServerTextSanitizer.Clean(path)}', another path than the redirect URI's, '{expected}'; it "
                    + "belongs to another client (RFC 9700 §4.4), or the route and RedirectUri differ. Behind a proxy that removes a "
                    + "prefix, call UsePathBase."
            );
        }
    }
}
