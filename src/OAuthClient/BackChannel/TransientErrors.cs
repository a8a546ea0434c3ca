using System.Net;
using System.Security.Authentication;

namespace OAuthClient;

/// <summary>Determines which errors are transient, so that a retry can succeed.</summary>
internal static class TransientErrors
{
    public static bool IsTransient(HttpResponseMessage response) => IsTransient(response.StatusCode);

    public static bool IsTransient(HttpStatusCode status) => RejectionClassifier.IsThrottled(status) || IsServerError(status);

    /// <summary>Determines whether a status is a server error. 429 is not: it shows that the server is available.</summary>
    public static bool IsServerError(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError;

    public static bool IsTransient(Exception exception) =>
        exception switch
        {
            RequestNotSentException => false,
            HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConfigurationLimitExceeded
                    or HttpRequestError.VersionNegotiationError
                    or HttpRequestError.UserAuthenticationError
            } => false,
            HttpRequestException => !IsCertificateError(exception),
            // A timeout of this library or of the connection; not a cancellation by the caller, which has no such inner exception.
            OperationCanceledException { InnerException: TimeoutException } => true,
            _ => false,
        };

    /// <summary>Determines whether an attempt failed because no connection was made.</summary>
    /// <param name="exception">The exception of the attempt.</param>
    /// <returns><see langword="true"/> if the name was not resolved, or the connection or TLS was not established.</returns>
    public static bool IsConnectionFault(Exception exception) =>
        exception
            is HttpRequestException
            {
                HttpRequestError: HttpRequestError.NameResolutionError
                    or HttpRequestError.ConnectionError
                    or HttpRequestError.SecureConnectionError
                    or HttpRequestError.ProxyTunnelError,
            };

    // Retrying does not help if TLS authentication fails, for example because of a rejected certificate.
    private static bool IsCertificateError(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is AuthenticationException)
                return true;
        }
        return false;
    }
}
