using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace OAuthClient;

/// <summary>Extension methods that let HTTP clients trust a private certificate authority.</summary>
public static class CertificateAuthorityExtensions
{
    /// <summary>
    /// Trusts the servers whose certificates a private certificate authority issued, in addition to those that the system trusts. Names
    /// and validity periods are validated as always. For the authorization server, use
    /// <see cref="OAuthClientBuilder.TrustCertificateAuthority"/>.
    /// </summary>
    /// <remarks>
    /// It configures the primary handler if that is a <see cref="SocketsHttpHandler"/> or <see cref="HttpClientHandler"/>. Revocation is
    /// not checked, as is the default of both.
    /// </remarks>
    /// <param name="builder">The builder of the HTTP client that calls an API.</param>
    /// <param name="pemFile">The path of a PEM file with one or more root certificates. It is read now.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The file contains no certificate, or a malformed one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IHttpClientBuilder TrustCertificateAuthority(this IHttpClientBuilder builder, string pemFile)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(pemFile);
        var authorities = CertificateAuthorityValidator.Load(pemFile);
        // Afterwards, because the application may replace the primary handler later.
        builder.Services.PostConfigure<HttpClientFactoryOptions>(
            builder.Name,
            options =>
                options.HttpMessageHandlerBuilderActions.Add(handlers =>
                    CertificateAuthorityValidator.Configure(handlers.PrimaryHandler, authorities)
                )
        );
        return builder;
    }
}
