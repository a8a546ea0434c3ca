using System.Net;

namespace OAuthClient;

/// <summary>An error response or an invalid response of an endpoint. All texts in it have been sanitized.</summary>
internal sealed record EndpointFailure(string EndpointName, Uri Endpoint, HttpStatusCode StatusCode)
{
    public string? Error { get; init; }

    /// <summary>Gets the server's word for <see cref="Error"/>; <see langword="null"/> if it is the same.</summary>
    public string? ServerWord { get; init; }

    public string? ErrorDescription { get; init; }
    public string? ErrorUri { get; init; }
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Gets what the server requires of the next authorization; <see langword="null"/> if it states nothing.</summary>
    public RequiredAuthorization? Required { get; init; }

    /// <summary>
    /// Gets the end of the message about <c>invalid_client</c>, which depends on how the client authenticates; <see langword="null"/> for
    /// the general advice.
    /// </summary>
    public string? InvalidClientAdvice { get; init; }

    /// <summary>
    /// Gets the end of the message, which says what the developer can do; <see langword="null"/> to derive it from the error code.
    /// </summary>
    public string? Hint { get; init; }

    /// <summary>Gets a description of a response without an error code, for example of an HTML page.</summary>
    public string? UnexpectedContent { get; init; }

    public string ToMessage()
    {
        string answer = $"The {EndpointName} ({Endpoint}) answered {(int)StatusCode}";
        return this switch
        {
            { Error: not null } => $"{answer} {Error}{Substituted()}{Quoted()}{Advice()}",
            _ => $"{answer} {UnexpectedContent ?? "without a body"}{Quoted()}{Hint ?? "."}",
        };
    }

    private string Substituted() => ServerWord is null ? "" : $" (the server's word is '{ServerWord}')";

    private string Quoted() => ErrorDescription is null ? "" : $" (\"{ErrorDescription}\")";

    // The most frequent cause of each code (RFC 6749 §5.2, RFC 7591 §3.2.2, RFC 9396 §5) when a client is set up.
    private string Advice() =>
        Hint
        ?? Error switch
        {
            ErrorCodes.InvalidClient => InvalidClientAdvice
                ?? ": check ClientId, ClientSecret, and whether the server expects the secret by Basic or in the body "
                    + "(ClientAuthentication). A few servers that do not support PKCE report it so (Adaptation.DangerouslyDisablePkce).",
            ErrorCodes.InvalidScope => ": check Scopes against the scopes that the server allows for this client.",
            ErrorCodes.InvalidAuthorizationDetails =>
                ": the server does not accept the AuthorizationDetails for this client or this grant (RFC 9396 §5); check each type and "
                    + "its members against the server's documentation, and whether the client's registration at the server allows them.",
            ErrorCodes.UnauthorizedClient =>
                ": the server does not allow this client to use this grant type; allow it in the client's registration at the server.",
            ErrorCodes.InvalidDPoPProof =>
                ": if DPoP is off, the server requires a proof of possession: set DPoP.Enabled. If it is on, check the clock of this "
                    + "machine, that a proxy keeps the header DPoP and the address of the request, and that the server accepts the "
                    + "algorithm of the key (RFC 9449 §4.3).",
            ErrorCodes.UseDPoPNonce =>
                ": the server refused the nonce that it had supplied (RFC 9449 §8); check that all nodes of the server accept each other's "
                    + "nonces, and that a proxy keeps the header DPoP-Nonce.",
            ErrorCodes.InvalidRedirectUri => ": the server does not accept this RedirectUri in a registration (RFC 7591 §3.2.2).",
            ErrorCodes.InvalidClientMetadata =>
                ": the server does not accept this client metadata (RFC 7591 §3.2.2); check the options of RegisterDynamically.",
            ErrorCodes.InvalidSoftwareStatement or ErrorCodes.UnapprovedSoftwareStatement =>
                ": the server does not accept the SoftwareStatement (RFC 7591 §3.2.2).",
            ErrorCodes.UnsupportedGrantType => ": the server does not support this grant type.",
            _ => ".",
        };
}
