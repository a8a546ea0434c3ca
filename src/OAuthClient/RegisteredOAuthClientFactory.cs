using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient;

/// <summary>
/// Finds the clients that <c>AddOAuthClient</c> registered. The container owns their services, so that it disposes of them before the
/// store.
/// </summary>
internal sealed class RegisteredOAuthClientFactory(IServiceProvider services) : IOAuthClientFactory
{
    public OAuthClientServices? Find(string name) => services.GetKeyedService<OAuthClientServices>(name);
}
