using System.Security.Cryptography.X509Certificates;

namespace OAuthClient;

/// <summary>
/// Configures a handler to present the client certificate when the server requests one in the TLS handshake (RFC 8705 §2).
/// </summary>
internal static class ClientCertificateSelector
{
    /// <summary>Configures a handler. The certificate is read for each handshake, so that a renewed one is used.</summary>
    /// <param name="network">The innermost handler.</param>
    /// <param name="certificate">Returns the certificate.</param>
    /// <exception cref="InvalidOperationException">The handler cannot read the certificate for each handshake.</exception>
    public static void PresentBy(HttpMessageHandler network, Func<X509Certificate2> certificate)
    {
        if (network is HttpClientHandler)
            throw new InvalidOperationException(
                "UseClientCertificate requires a SocketsHttpHandler. Configure one as the primary handler of the back channel instead of "
                    + "the HttpClientHandler, or do not configure a primary handler."
            );
        if (network is not SocketsHttpHandler sockets)
            return;
        sockets.SslOptions.ClientCertificateContext = null;
        sockets.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => Validate(certificate());
    }

    /// <summary>Finds the error of an unusable certificate in the inner exceptions of a failed connection.</summary>
    /// <param name="exception">The exception of the connection.</param>
    /// <returns>The error; <see langword="null"/> if the certificate is not the cause.</returns>
    public static OAuthException? FaultIn(Exception? exception)
    {
        while (exception is not null and not OAuthException)
            exception = exception.InnerException;
        return exception as OAuthException;
    }

    private static X509Certificate2 Validate(X509Certificate2? certificate) =>
        certificate is { HasPrivateKey: true }
            ? certificate
            : throw new OAuthException(
                certificate is null
                    ? "The delegate of UseClientCertificate returned no certificate; return one with its private key."
                    : "The certificate that the delegate of UseClientCertificate returned has no private key, so the client cannot "
                        + "authenticate with it. Load it with its key, for example with X509Certificate2.CreateFromPemFile."
            );
}
