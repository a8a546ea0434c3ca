using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Chaos.Server;
using OAuthClient.PostgreSql;

namespace OAuthClient.Chaos.Nodes;

/// <summary>Registers the client as an application would.</summary>
internal static class Registration
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(6);
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The lease that the library derives from the server's grace period.</summary>
    public static readonly TimeSpan LeaseWithGrace = TokenFamily.Grace * 3 / 4;

    /// <summary>The lease that the library derives from the deadline if a server has no grace period.</summary>
    public static readonly TimeSpan LeaseWithoutGrace = Deadline * 3 / 2;

    public static void Add(IServiceCollection services, NodeSettings settings)
    {
        var builder = services.AddOAuthClient(o =>
        {
            o.ClientId = "chaos";
            o.ClientSecret = settings.Keys == KeyBinding.Public ? null : "a secret of no worth";
            o.DPoP.Enabled = settings.Keys != KeyBinding.None;
            o.AuthorizationEndpoint = new Uri(settings.Server, "/authorize");
            o.TokenEndpoint = new Uri(settings.Server, "/token");
            o.RedirectUri = new("https://client.example/callback");
            o.BackChannelDeadline = Deadline;
            o.BackChannelAttemptTimeout = AttemptTimeout;
            o.RefreshTokenGracePeriod = settings.HasGrace ? TokenFamily.Grace : null;
            o.DangerouslyAllowHttpOnLoopback = true;
        });
        builder.BackChannel.ConfigureHttpClient(http => http.DefaultRequestHeaders.Add(FaultyServer.NodeHeader, settings.Name));
        if (settings.Mutant != Mutant.None)
            builder.BackChannel.AddHttpMessageHandler(() => new MutantHandler(settings.Mutant));
        services.AddPostgresGrantStore(o =>
        {
            o.ConnectionString = settings.ConnectionString + ";Maximum Pool Size=20";
            o.CommandTimeout = CommandTimeout;
            o.Schema = settings.Schema;
            o.EncryptWith("chaos", settings.Key);
        });
    }
}
