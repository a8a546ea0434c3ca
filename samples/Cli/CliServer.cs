using OAuthClient.Testing;
using Samples;

namespace Cli;

/// <summary>The authorization server and the API: those of the command line, or built-in ones within this process.</summary>
internal sealed class CliServer : IAsyncDisposable
{
    private const string Usage = """
        dotnet run --project samples/Cli
            signs you in at a built-in server: the user is alice, the password is alice

        dotnet run --project samples/Cli -- --issuer https://accounts.example.com --client-id 12345 --api https://api.example.com/me
            signs you in at your server; register http://127.0.0.1/callback there as redirect URI, for any port
        """;

    private readonly TestAuthorizationServer? server;
    private readonly TestResourceServer? resource;

    private CliServer(Uri issuer, string clientId, Uri api, TestAuthorizationServer? server = null, TestResourceServer? resource = null)
    {
        (Issuer, ClientId, Api) = (issuer, clientId, api);
        (this.server, this.resource) = (server, resource);
    }

    public Uri Issuer { get; }
    public string ClientId { get; }
    public Uri Api { get; }

    public static async Task<CliServer> ChooseAsync(string[] args)
    {
        switch (args)
        {
            case []:
                return await StartAsync();
            case ["--issuer", var issuer, "--client-id", var clientId, "--api", var api]:
                if ((StartError.FindWrongAddress("--issuer", issuer) ?? StartError.FindWrongAddress("--api", api)) is { } sentence)
                    Stop(1, sentence);
                return new(new(issuer), clientId, new(api));
            default:
                Stop(args is ["--help"] ? 0 : 2, Usage);
                return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (resource is not null)
            await resource.DisposeAsync();
        if (server is not null)
            await server.DisposeAsync();
    }

    private static async Task<CliServer> StartAsync()
    {
        var started = await TestAuthorizationServer.StartAsync();
        started.AddClient(
            new TestClient
            {
                ClientId = "cli-sample",
                DisplayName = "The command-line sample",
                AllowAnyLoopbackPort = true,
                RedirectUris = { "http://127.0.0.1/callback" },
            }
        );
        var api = await started.StartResourceServerAsync();
        Console.WriteLine("Sign in at the built-in server as alice, with the password alice.");
        return new(started.Issuer, "cli-sample", new(api.BaseAddress, "/me"), started, api);
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void Stop(int exitCode, string text)
    {
        (exitCode == 0 ? Console.Out : Console.Error).WriteLine(text);
        Environment.Exit(exitCode);
    }
}
