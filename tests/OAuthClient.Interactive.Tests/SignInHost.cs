using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Interactive.Tests;

/// <summary>A native client at a real authorization server, and a browser that the test drives.</summary>
internal sealed class SignInHost : IAsyncDisposable
{
    private readonly ServiceProvider provider;

    private SignInHost(TestAuthorizationServer server, ServiceProvider provider)
    {
        (Server, this.provider) = (server, provider);
        Options.OpenBrowserAsync = (address, _) =>
        {
            Opened.TrySetResult(address);
            return Task.FromResult(true);
        };
        Options.Time = Clock;
        Options.ApplicationName = "Photos <cli>";
        Options.Output = Output;
    }

    public TestAuthorizationServer Server { get; }
    public BrowserSignInOptions Options { get; } = new();
    public StringWriter Output { get; } = new();

    /// <summary>Gets the clock of the sign-in. The deadline passes only when a test advances it.</summary>
    public ManualTimeProvider Clock { get; } = new();

    /// <summary>Gets the address at which the browser was opened.</summary>
    public TaskCompletionSource<Uri> Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IOAuthClient Client => provider.GetRequiredService<IOAuthClient>();

    public static async Task<SignInHost> StartAsync(
        Action<OAuthClientOptions>? options = null,
        Action<TestAuthorizationServerOptions>? server = null
    )
    {
        var running = await TestAuthorizationServer.StartAsync(server);
        running.AddClient(
            new TestClient
            {
                ClientId = "cli",
                AllowAnyLoopbackPort = true,
                RedirectUris = { "http://127.0.0.1/callback", "http://[::1]/callback", "com.example.cli:/callback" },
            }
        );
        ServiceCollection services = new();
        services.AddOAuthClient(o =>
        {
            o.Issuer = running.Issuer;
            o.ClientId = "cli";
            o.RedirectUri = new("http://127.0.0.1/callback");
            o.RedirectUris = [new("http://[::1]/callback"), new("com.example.cli:/callback")];
            o.Scopes = ["openid", "profile", "offline_access"];
            o.DangerouslyAllowHttpOnLoopback = true;
            options?.Invoke(o);
        });
        return new(running, services.BuildServiceProvider());
    }

    /// <summary>Signs in at the server, and returns the address to which the browser is redirected.</summary>
    public async Task<Uri> CallbackAsync(SignInOptions? how = null) => await Server.SignInAsync(await Opened.Task, how);

    /// <summary>Sends a request as a browser does, with a chosen Host header.</summary>
    public static async Task<(HttpStatusCode Status, string Body, HttpResponseMessage Response)> GetAsync(Uri address, string? host = null)
    {
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        request.Headers.Host = host;
        var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public static async Task<HttpStatusCode> PostAsync(Uri address, string form)
    {
        using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });
        using StringContent content = new(form, Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await http.PostAsync(address, content);
        return response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        await Server.DisposeAsync();
    }
}
