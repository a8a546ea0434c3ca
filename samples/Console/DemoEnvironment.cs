using OAuthClient;

namespace Console;

/// <summary>Who plays along: the authorization server, the browser with its user, and the API.</summary>
internal interface IDemoEnvironment : IAsyncDisposable
{
    Uri Issuer { get; }
    string ClientId { get; }
    string? ClientSecret { get; }
    Uri RedirectUri { get; }
    IList<string> Scopes { get; }
    bool IsOnThisMachine { get; }
    Uri Api { get; }
    string Resource { get; }

    /// <summary>Sends the browser to the authorization server and waits for the callback.</summary>
    Task<Uri> SendBrowserAsync(PendingAuthorization pending);

    /// <summary>Waits until the access token is over, or has it replaced where that would take too long.</summary>
    Task WaitForTokenExpiryAsync(IOAuthClient client, Grant grant);
}

internal static class DemoEnvironment
{
    private const string Usage = """
        dotnet run --project samples/Console
            runs the whole dance against a built-in server

        dotnet run --project samples/Console -- --issuer https://accounts.example.com --client-id 12345 [more]
            runs it against your server, with your browser

            --client-secret VALUE   for a confidential client (or the environment variable CLIENT_SECRET)
            --scope "openid …"      what to ask for; "openid profile offline_access" unless given
            --port 8400             register http://127.0.0.1:8400/callback at your server as redirect URI
            --api https://…         what to call with the token
        """;

    public static async Task<IDemoEnvironment> ChooseAsync(string[] args)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < args.Length; i += 2)
        {
            if (
                !args[i].StartsWith("--", StringComparison.Ordinal)
                || args[i] is "--help"
                || i + 1 == args.Length
                || args[i] is not ("--issuer" or "--client-id" or "--client-secret" or "--scope" or "--port" or "--api")
            )
            {
                Stop(args[i] is "--help" ? 0 : 2, Usage);
            }
            given[args[i]] = args[i + 1];
        }
        if (given.Count == 0)
            return await BuiltInServer.StartAsync();
        if (!given.ContainsKey("--issuer") || !given.ContainsKey("--client-id") || !given.ContainsKey("--api"))
            Stop(2, "A server of your own needs --issuer, --client-id and --api.\n\n" + Usage);
        return new ExternalServer(given);
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void Stop(int exitCode, string text)
    {
        (exitCode == 0 ? System.Console.Out : System.Console.Error).WriteLine(text);
        Environment.Exit(exitCode);
    }
}
