using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OAuthClient;

/// <summary>
/// Finds the clients that <c>AddOAuthClient</c> registered. The container owns their services, so that it disposes of them before the
/// store.
/// </summary>
internal sealed class RegisteredOAuthClientFactory(IServiceProvider services) : IOAuthClientFactory
{
    public OAuthClientServices? Find(string name) => services.GetKeyedService<OAuthClientServices>(name);

    /// <summary>
    /// Registers a service of a client as <see cref="AddPart{T}"/> does, and an exception for each other key, such as a wrong name in
    /// <c>[FromKeyedServices]</c>. Without it the exception of the container would not name the clients.
    /// </summary>
    public static void AddInjectedPart<T>(IServiceCollection services, string name, Func<OAuthClientServices, T> select)
        where T : class
    {
        AddPart(services, name, select);
        services.TryAddKeyedTransient<T>(
            KeyedService.AnyKey,
            static (provider, key) =>
                throw new InvalidOperationException(provider.GetRequiredService<OAuthClientRegistry>().DescribeUnknown(key, typeof(T).Name))
        );
    }

    /// <summary>Registers a service of a client under its name, and without a name where it is the only client.</summary>
    public static void AddPart<T>(IServiceCollection services, string name, Func<OAuthClientServices, T> select)
        where T : class
    {
        services.AddKeyedSingleton(name, (provider, _) => select(provider.GetRequiredService<IOAuthClientFactory>().Find(name)!));
        services.TryAddSingleton(provider =>
            provider.GetRequiredKeyedService<T>(
                provider.GetRequiredService<OAuthClientRegistry>().ResolveDefault($"inject [FromKeyedServices(\"{{0}}\")] {typeof(T).Name}")
            )
        );
    }
}
