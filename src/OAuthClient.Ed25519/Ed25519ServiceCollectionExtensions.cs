using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OAuthClient.Ed25519;

/// <summary>Provides an extension method that registers Ed25519.</summary>
public static class Ed25519ServiceCollectionExtensions
{
    /// <summary>
    /// Adds Ed25519 (RFC 8032) to all clients: for the server's JWTs under the names <c>EdDSA</c> (RFC 8037) and <c>Ed25519</c> (RFC 9864),
    /// and for <c>ClientAssertion.PrivateKey</c>. Call this method before or after <c>AddOAuthClient</c>.
    /// </summary>
    /// <remarks>
    /// A client that sets <see cref="OAuthClientOptions.IdTokenSigningAlgorithms"/> or another list of algorithms accepts the algorithms of
    /// the list only, so name <c>EdDSA</c> or <c>Ed25519</c> there too.
    /// </remarks>
    /// <param name="services">The service collection.</param>
    /// <returns>The same service collection.</returns>
    public static IServiceCollection AddOAuthClientEd25519(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IEd25519, NSecEd25519>();
        return services;
    }
}
