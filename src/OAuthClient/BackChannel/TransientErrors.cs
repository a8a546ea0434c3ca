using System.Net;
using System.Security.Authentication;

namespace OAuthClient;

/// <summary>Which faults may have passed by the next attempt.</summary>
internal static class TransientErrors
{
    public static bool IsTransient(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests || IsServerError(status);

    /// <summary>Without 429: a server that says no is alive.</summary>
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
            // Ours, and the network's own timeout for connecting, have the same shape; a cancelled caller's has not.
            OperationCanceledException { InnerException: TimeoutException } => true,
            _ => false,
        };

    /// <summary>Determines whether a fault says that no connection was made.</summary>
    /// <param name="exception">The fault of an attempt.</param>
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

    // A certificate that is refused now is refused in a second, too.
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
