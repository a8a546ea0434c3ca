using OAuthClient;
using OAuthClient.Testing;

namespace Console;

/// <summary>An authorization server and an API in this very process, with a user who signs in and agrees at once.</summary>
internal sealed class BuiltInServer : IDemoEnvironment
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromSeconds(2);

    private readonly TestAuthorizationServer server;
    private readonly TestResourceServer api;

    private BuiltInServer(TestAuthorizationServer server, TestResourceServer api)
    {
        this.server = server;
        this.api = api;
    }

    public Uri Issuer => server.Issuer;
    public string ClientId => "console-sample";
    public string? ClientSecret => "not-so-secret, it is a sample";
    public Uri RedirectUri { get; } = new("http://127.0.0.1:8400/callback");
    public IList<string> Scopes { get; } = ["openid", "profile", "offline_access"];
    public bool IsOnThisMachine => true;
    public Uri Api => api.BaseAddress;
    public string Resource => "photos";

    public static async Task<IDemoEnvironment> StartAsync()
    {
        var started = await TestAuthorizationServer.StartAsync(o => o.AccessTokenLifetime = TokenLifetime);
        var stage = new BuiltInServer(started, await started.StartResourceServerAsync());
        started.AddClient(
            new TestClient
            {
                ClientId = stage.ClientId,
                ClientSecret = stage.ClientSecret,
                RedirectUris = { stage.RedirectUri.OriginalString },
            }
        );
        HttpTraceHandler.Say($"A built-in authorization server listens at {stage.Issuer.OriginalString}, an API at {stage.Api}");
        return stage;
    }

    public async Task<Uri> SendBrowserAsync(PendingAuthorization pending)
    {
        var authorizationUri = pending.AuthorizationUri;
        HttpTraceHandler.Step(
            1,
            "Authorization request: the browser is sent to the authorization server",
            $"GET {HttpTraceHandler.Address(authorizationUri)}"
        );
        HttpTraceHandler.Step(2, "Login and consent: the built-in user signs in as alice and agrees", "POST login, POST consent");
        var callback = await server.SignInAsync(authorizationUri);
        HttpTraceHandler.Step(3, "Callback: the browser comes back with a code", $"GET {HttpTraceHandler.Address(callback)}");
        return callback;
    }

    public async Task WaitForTokenExpiryAsync(IOAuthClient client, Grant grant)
    {
        HttpTraceHandler.Say($"The access token lives {TokenLifetime.TotalSeconds:0} seconds. Waiting until it is over …");
        await Task.Delay(TokenLifetime + TimeSpan.FromMilliseconds(200));
    }

    public async ValueTask DisposeAsync()
    {
        await api.DisposeAsync();
        await server.DisposeAsync();
    }
}
