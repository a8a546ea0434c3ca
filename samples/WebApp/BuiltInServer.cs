using OAuthClient.Testing;

namespace WebApp;

/// <summary>An authorization server and an API within this process. Its users are alice and bob.</summary>
internal sealed class BuiltInServer(TestAuthorizationServer server, TestResourceServer api) : IAsyncDisposable
{
    private const string ClientId = "web-sample";
    private const string ClientSecret = "not-so-secret, it is a sample";

    /// <summary>Starts the server and fills the section <c>Photos</c>, unless the section names a server already.</summary>
    public static async Task<BuiltInServer?> StartUnlessConfiguredAsync(ConfigurationManager configuration)
    {
        string[] scopes = ["openid", "profile", "offline_access"];
        BuiltInServer? started = null;
        if (configuration["Photos:Issuer"] is null)
        {
            var server = await TestAuthorizationServer.StartAsync(o => o.AccessTokenLifetime = TimeSpan.FromMinutes(1));
            var api = await server.StartResourceServerAsync(o => o.RequiredScope = "photos.read");
            started = new(server, api);
            configuration.AddInMemoryCollection(
                new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["Photos:Issuer"] = server.Issuer.OriginalString,
                    ["Photos:ClientId"] = ClientId,
                    ["Photos:ClientSecret"] = ClientSecret,
                    ["Photos:DangerouslyAllowHttpOnLoopback"] = "true",
                    ["Api"] = api.BaseAddress.OriginalString,
                }
            );
            scopes = [.. scopes, "photos.read"];
        }
        if (!configuration.GetSection("Photos:Scopes").Exists())
            configuration.AddInMemoryCollection(scopes.Select((scope, i) => KeyValuePair.Create($"Photos:Scopes:{i}", (string?)scope)));
        return started;
    }

    /// <summary>Registers this application, as you do once on the pages of another server.</summary>
    public void Register(string redirectUri) =>
        server.AddClient(
            new TestClient
            {
                ClientId = ClientId,
                ClientSecret = ClientSecret,
                DisplayName = "Passepartout",
                RedirectUris = { redirectUri },
            }
        );

    public async ValueTask DisposeAsync()
    {
        await api.DisposeAsync();
        await server.DisposeAsync();
    }
}
