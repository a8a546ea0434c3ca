using System.Net;

namespace OAuthClient;

/// <summary>
/// The exception that is thrown when an endpoint of the authorization server responds with an error or with an invalid response
/// (RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 6750 §3.1).
/// </summary>
public class EndpointException : OAuthException
{
    internal EndpointException(EndpointFailure failure)
        : base(failure.ToMessage())
    {
        Endpoint = failure.Endpoint;
        StatusCode = failure.StatusCode;
        Error = failure.Error;
        ServerWord = failure.ServerWord;
        ErrorDescription = failure.ErrorDescription;
        ErrorUri = failure.ErrorUri;
        RetryAfter = failure.RetryAfter;
        Required = failure.Required;
    }

    /// <summary>Gets the address of the endpoint, without its query.</summary>
    public Uri Endpoint { get; }

    /// <summary>Gets the HTTP status code of the response. Some servers send an <see cref="Error"/> with the status 200.</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary>Gets the error code, for example <c>invalid_client</c>; <see langword="null"/> if the response has none.</summary>
    public string? Error { get; }

    /// <summary>
    /// Gets the server's description of the error in printable characters, at most 256. The text is untrusted: encode it before display.
    /// </summary>
    public string? ErrorDescription { get; }

    /// <summary>Gets the address of a page about the error. The text is untrusted.</summary>
    public string? ErrorUri { get; }

    /// <summary>
    /// Gets the time after which the server accepts a retry (<c>Retry-After</c>); <see langword="null"/> if the response states none.
    /// </summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Gets the server's word for <see cref="Error"/>; <see langword="null"/> if it is the same.</summary>
    internal string? ServerWord { get; }

    /// <summary>Gets what the server requires of the next authorization; <see langword="null"/> if it states nothing.</summary>
    internal RequiredAuthorization? Required { get; }
}
