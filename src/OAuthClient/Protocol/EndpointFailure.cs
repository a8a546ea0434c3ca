using System.Net;

namespace OAuthClient;

/// <summary>What an endpoint said instead of the answer that was asked for; every text in it is already made safe.</summary>
internal sealed record EndpointFailure(string EndpointName, Uri Endpoint, HttpStatusCode StatusCode)
{
    public string? Error { get; init; }
    public string? ErrorDescription { get; init; }
    public string? ErrorUri { get; init; }
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the client sent no secret, as a public client does.</summary>
    public bool IsPublicClient { get; init; }

    /// <summary>Whether the client showed a certificate in place of a secret.</summary>
    public bool UsesCertificate { get; init; }

    /// <summary>What the developer can do, where it is known better than the error code tells: the end of the sentence.</summary>
    public string? Hint { get; init; }

    /// <summary>What was wrong when the server gave no error code, for example an HTML page.</summary>
    public string? UnexpectedContent { get; init; }

    public string ToMessage()
    {
        string answer = $"The {EndpointName} ({Endpoint}) answered {(int)StatusCode}";
        return this switch
        {
            { Error: not null, ErrorDescription: not null } => $"{answer} {Error} (\"{ErrorDescription}\"){Advice()}",
            { Error: not null } => $"{answer} {Error}{Advice()}",
            _ => $"{answer} {UnexpectedContent ?? "without a body"}{Hint ?? "."}",
        };
    }

    // What each code of RFC 6749 §5.2 most often means on a developer's first day with a server.
    private string Advice() =>
        Hint
        ?? Error switch
        {
            ErrorCodes.InvalidClient when UsesCertificate =>
                ": check ClientId, and whether the certificate of UseClientCertificate is the one that the server has registered for it (RFC 8705 §2), not expired, and asked for at this address.",
            ErrorCodes.InvalidClient when IsPublicClient =>
                ": ClientSecret is not set, so the client went as a public one; set it if the server gave one, and check ClientId.",
            ErrorCodes.InvalidClient =>
                ": check ClientId, ClientSecret, and whether the server expects the secret by Basic or in the body (ClientAuthentication).",
            ErrorCodes.InvalidScope => ": check Scopes against what the server lets this client ask for.",
            ErrorCodes.UnauthorizedClient =>
                ": the server does not allow this client to use this grant type; allow it in the client's registration there.",
            ErrorCodes.InvalidRedirectUri => ": this server does not register such a RedirectUri (RFC 7591 §3.2.2).",
            ErrorCodes.InvalidClientMetadata =>
                ": this server does not register a client with such metadata (RFC 7591 §3.2.2); check what RegisterDynamically says.",
            ErrorCodes.InvalidSoftwareStatement or ErrorCodes.UnapprovedSoftwareStatement =>
                ": this server does not accept the SoftwareStatement (RFC 7591 §3.2.2).",
            ErrorCodes.UnsupportedGrantType => ": the server does not know this grant type.",
            _ => ".",
        };
}
