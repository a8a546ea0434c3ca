using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests.DPoP;

/// <summary>A client that binds its tokens to keys, at an authorization server and an API that require it.</summary>
internal static class DPoPHost
{
    public static async Task<OAuthTestHost> StartAsync(
        bool nonces = false,
        bool isPublic = false,
        Action<OAuthClientOptions>? options = null,
        Action<IHttpClientBuilder, TestResourceServer>? api = null,
        Action<IServiceCollection>? registerFirst = null,
        Action<OAuthClientBuilder>? register = null,
        bool requires = true
    )
    {
        var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.DPoP.Enabled = true;
                if (isPublic)
                    (o.ClientId, o.ClientSecret) = ("native", null);
                options?.Invoke(o);
            },
            register,
            registerFirst,
            server: o => (o.RequireDPoP, o.RequireDPoPNonces) = (requires, nonces),
            api: (http, resource) =>
            {
                resource.Options.RequireDPoPNonces = nonces;
                (api ?? OAuthTestHost.ForOwner)(http, resource);
            }
        );
        host.Server.AddClient(new TestClient { ClientId = "native", RedirectUris = { OAuthTestHost.Callback } });
        return host;
    }

    /// <summary>Creates the services of another node with the same client, whose store is its own unless one is passed.</summary>
    public static ServiceProvider CreateNode(
        OAuthTestHost host,
        bool isPublic,
        Action<OAuthClientBuilder>? register = null,
        IGrantStore? store = null
    )
    {
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(host.Clock);
        if (store is not null)
            services.AddSingleton(store);
        var builder = services.AddOAuthClient(
            OAuthTestHost.ClientName,
            o =>
            {
                o.Issuer = host.Server.Issuer;
                (o.ClientId, o.ClientSecret) = isPublic ? ("native", null) : (OAuthTestHost.ClientName, OAuthTestHost.ClientSecret);
                o.RedirectUri = new(OAuthTestHost.Callback);
                o.Scopes = ["api", "photos.read"];
                o.DangerouslyAllowHttpOnLoopback = true;
                o.DPoP.Enabled = true;
            }
        );
        register?.Invoke(builder);
        OAuthTestHost.ForOwner(services.AddHttpClient("api", http => http.BaseAddress = host.Api.BaseAddress), host.Api);
        return services.BuildServiceProvider();
    }
}
