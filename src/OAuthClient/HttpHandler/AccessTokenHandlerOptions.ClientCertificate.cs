namespace OAuthClient;

public sealed partial class AccessTokenHandlerOptions
{
    internal bool PresentsCertificate { get; private set; }

    /// <summary>
    /// Presents the certificate of the OAuth client (<see cref="OAuthClientBuilder.UseClientCertificate"/>) to the API, too. The API
    /// requires it if the server binds the access tokens to the certificate (RFC 8705 §3). Without this call, the certificate is presented
    /// to the authorization server only.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The primary handler must be a <see cref="SocketsHttpHandler"/> or <see cref="HttpClientHandler"/> that has sent no request, and that
    /// no HTTP client without the certificate shares; otherwise, creating the HTTP client throws. Its other client certificates are not
    /// used. Automatic redirects are turned off, because the certificate would be presented to the other address, too.
    /// </para>
    /// <para>
    /// A <see cref="SocketsHttpHandler"/> reads the certificate for each new connection. If its <c>PooledConnectionLifetime</c> is
    /// infinite, it is set to 5 minutes, so that a renewed certificate is in use within minutes. An <see cref="HttpClientHandler"/> has
    /// the certificate of the time when <see cref="IHttpClientFactory"/> created the handler, which it does every 2 minutes by default.
    /// After a renewal, the API rejects an access token that is bound to the previous certificate, and the handler replaces it.
    /// </para>
    /// </remarks>
    /// <returns>These options.</returns>
    public AccessTokenHandlerOptions WithClientCertificate()
    {
        PresentsCertificate = true;
        return this;
    }
}
