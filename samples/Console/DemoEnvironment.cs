using System.Globalization;
using OAuthClient;
using Samples;

namespace Console;

/// <summary>The authorization server, the browser with its user, and the API that the sample uses.</summary>
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

    /// <summary>Waits until the access token has expired, or has it replaced where that would take too long.</summary>
    Task WaitForTokenExpiryAsync(IOAuthClient client, Grant grant);
}

internal static class DemoEnvironment
{
    private const string Usage = """
        dotnet run --project samples/Console
            runs the authorization code flow against a built-in server

        dotnet run --project samples/Console -- --issuer https://accounts.example.com --client-id 12345 [more]
            runs it against your server, with your browser

            --client-secret VALUE   for a confidential client (or the environment variable CLIENT_SECRET)
            --scope "openid …"      the scopes to request; the default is "openid profile offline_access"
            --port 8400             register http://127.0.0.1:8400/callback at your server as redirect URI
            --api https://…         the address to call with the token
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
        foreach (string option in new[] { "--issuer", "--api" })
        {
            if (StartError.FindWrongAddress(option, given[option]) is { } sentence)
                Stop(1, sentence);
        }
        if (
            given.TryGetValue("--port", out string? port)
            && !(ushort.TryParse(port, CultureInfo.InvariantCulture, out ushort number) && number > 0)
        )
            Stop(1, $"--port must be a number from 1 to 65535, and not '{port}'.");
        return new ExternalServer(given);
    }

    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void Stop(int exitCode, string text)
    {
        (exitCode == 0 ? System.Console.Out : System.Console.Error).WriteLine(text);
        Environment.Exit(exitCode);
    }
}
