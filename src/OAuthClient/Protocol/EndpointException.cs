using System.Net;

namespace OAuthClient;

/// <summary>
/// An endpoint of the authorization server answered with an error, or with something that is no answer at all
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
        ErrorDescription = failure.ErrorDescription;
        ErrorUri = failure.ErrorUri;
        RetryAfter = failure.RetryAfter;
    }

    /// <summary>The endpoint that answered, without its query.</summary>
    public Uri Endpoint { get; }

    /// <summary>The HTTP status it answered with. A 200 can stand beside an <see cref="Error"/>: some servers do that.</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary>The error code, for example <c>invalid_client</c>; <see langword="null"/> when the answer held none.</summary>
    public string? Error { get; }

    /// <summary>The server's own words, made printable and cut at 256 characters. Untrusted: encode it before you show it.</summary>
    public string? ErrorDescription { get; }

    /// <summary>Where the server says more about the error. Untrusted.</summary>
    public string? ErrorUri { get; }

    /// <summary>How long the server asked to be left alone, when it did.</summary>
    public TimeSpan? RetryAfter { get; }
}
