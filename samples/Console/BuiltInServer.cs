using OAuthClient;
using OAuthClient.Testing;

namespace Console;

/// <summary>An authorization server and an API within this process, with a user who signs in and consents at once.</summary>
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
        var environment = new BuiltInServer(started, await started.StartResourceServerAsync());
        started.AddClient(
            new TestClient
            {
                ClientId = environment.ClientId,
                ClientSecret = environment.ClientSecret,
                RedirectUris = { environment.RedirectUri.OriginalString },
            }
        );
        HttpTraceHandler.Say(
            $"A built-in authorization server listens at {environment.Issuer.OriginalString}, an API at {environment.Api}"
        );
        return environment;
    }

    public async Task<Uri> SendBrowserAsync(PendingAuthorization pending)
    {
        var authorizationUri = pending.AuthorizationUri;
        HttpTraceHandler.Step(
            1,
            "Authorization request: the browser is sent to the authorization server",
            $"GET {HttpTraceHandler.Address(authorizationUri)}"
        );
        HttpTraceHandler.Step(2, "Login and consent: the built-in user signs in as alice and consents", "POST login, POST consent");
        var callback = await server.SignInAsync(authorizationUri);
        HttpTraceHandler.Step(3, "Callback: the browser comes back with a code", $"GET {HttpTraceHandler.Address(callback)}");
        return callback;
    }

    public async Task WaitForTokenExpiryAsync(IOAuthClient client, Grant grant)
    {
        HttpTraceHandler.Say($"The access token lives {TokenLifetime.TotalSeconds:0} seconds. Waiting until it has expired …");
        await Task.Delay(TokenLifetime + TimeSpan.FromMilliseconds(200));
    }

    public async ValueTask DisposeAsync()
    {
        await api.DisposeAsync();
        await server.DisposeAsync();
    }
}
