using System.Security.Cryptography.X509Certificates;

namespace OAuthClient;

/// <summary>Has the network present the client's certificate to whoever asks for one in the handshake (RFC 8705 §2).</summary>
internal static class ClientCertificateSelector
{
    /// <exception cref="InvalidOperationException">This handler could not present a renewed one.</exception>
    public static void PresentBy(HttpMessageHandler network, Func<X509Certificate2> certificate)
    {
        if (network is HttpClientHandler)
            throw new InvalidOperationException(
                "UseClientCertificate needs a SocketsHttpHandler: give the back channel one as its primary handler in place of the HttpClientHandler, or leave it as it is."
            );
        if (network is not SocketsHttpHandler sockets)
            return;
        sockets.SslOptions.ClientCertificateContext = null;
        sockets.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => Usable(certificate());
    }

    /// <summary>What is wrong with the certificate itself, when that is why there is no connection: the developer's fault, and not the network's.</summary>
    public static OAuthException? FaultIn(Exception? exception)
    {
        while (exception is not null and not OAuthException)
            exception = exception.InnerException;
        return exception as OAuthException;
    }

    private static X509Certificate2 Usable(X509Certificate2? certificate) =>
        certificate is { HasPrivateKey: true }
            ? certificate
            : throw new OAuthException(
                certificate is null
                    ? "UseClientCertificate gave no certificate; return one, with its private key."
                    : "The certificate that UseClientCertificate gave has no private key, so nobody can authenticate with it; load it together with its key, for example by X509Certificate2.CreateFromPemFile."
            );
}
