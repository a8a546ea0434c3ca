using System.Security.Cryptography.X509Certificates;

namespace OAuthClient;

/// <summary>
/// Configures a handler to present the client certificate when the server requests one in the TLS handshake (RFC 8705 §2, §3).
/// </summary>
internal static class ClientCertificateSelector
{
    /// <summary>Configures a handler. The certificate is read for each handshake, so that a renewed one is used.</summary>
    /// <param name="handler">The handler, which has sent no request.</param>
    /// <param name="certificate">Returns the certificate.</param>
    public static void PresentBy(SocketsHttpHandler handler, Func<X509Certificate2> certificate)
    {
        handler.SslOptions.ClientCertificateContext = null;
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => Validate(certificate());
    }

    /// <summary>
    /// Configures a handler that cannot read the certificate for each handshake. Called again with the same handler, it replaces the
    /// certificate for new connections.
    /// </summary>
    /// <param name="handler">The handler, whose <c>ClientCertificateOptions</c> are <c>Manual</c>.</param>
    /// <param name="certificate">Returns the certificate.</param>
    /// <exception cref="OAuthException">There is no certificate, or it has no private key.</exception>
    public static void PresentBy(HttpClientHandler handler, Func<X509Certificate2> certificate)
    {
        var current = Validate(certificate());
        // One assignment, because a connection may read the collection meanwhile.
        if (handler.ClientCertificates.Count == 1)
        {
            handler.ClientCertificates[0] = current;
            return;
        }
        handler.ClientCertificates.Clear();
        handler.ClientCertificates.Add(current);
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
