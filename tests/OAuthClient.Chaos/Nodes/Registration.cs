using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Chaos.Server;
using OAuthClient.PostgreSql;

namespace OAuthClient.Chaos.Nodes;

/// <summary>The client under torment, as an application would register it.</summary>
internal static class Registration
{
    public static void Add(IServiceCollection services, NodeSettings settings)
    {
        var builder = services.AddOAuthClient(o =>
        {
            o.ClientId = "chaos";
            o.ClientSecret = "a secret of no worth";
            o.AuthorizationEndpoint = new Uri(settings.Server, "/authorize");
            o.TokenEndpoint = new Uri(settings.Server, "/token");
            o.RedirectUri = new("https://client.example/callback");
            // Against the forgiving server the lease becomes seven and a half seconds, against the strict one nine.
            o.BackChannelDeadline = TimeSpan.FromSeconds(6);
            o.BackChannelAttemptTimeout = TimeSpan.FromSeconds(3);
            o.RefreshTokenGracePeriod = settings.HasGrace ? TimeSpan.FromSeconds(10) : null;
            o.DangerouslyAllowHttpOnLoopback = true;
        });
        builder.BackChannel.ConfigureHttpClient(http => http.DefaultRequestHeaders.Add(TormentingServer.NodeHeader, settings.Name));
        services.AddPostgresGrantStore(o =>
        {
            o.ConnectionString = settings.ConnectionString + ";Maximum Pool Size=20";
            o.Schema = settings.Schema;
            o.EncryptWith("chaos", settings.Key);
        });
    }
}
