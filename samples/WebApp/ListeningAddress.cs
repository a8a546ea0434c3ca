namespace WebApp;

/// <summary>Where the browser finds this application. With port 0 that is known only once it listens.</summary>
internal static class ListeningAddress
{
    private const string NotYetKnown = "http://localhost/callback";

    /// <summary>The client wants a redirect URI at start; unless one is configured, it follows the address.</summary>
    public static void Expect(ConfigurationManager configuration) => configuration["Photos:RedirectUri"] ??= NotYetKnown;

    public static void Announce(WebApplication app, BuiltInServer? server)
    {
        var listening = new UriBuilder(app.Urls.First(url => url.StartsWith("http", StringComparison.Ordinal)));
        // One name for this machine: cookies of localhost are not those of 127.0.0.1.
        if (listening.Uri.IsLoopback || listening.Host is "0.0.0.0" or "[::]" or "+" or "*")
            listening.Host = "localhost";
        string address = listening.Uri.GetLeftPart(UriPartial.Authority);

        string redirectUri = app.Configuration["Photos:RedirectUri"] is { } configured and not NotYetKnown
            ? configured
            : address + "/callback";
        app.Configuration["Photos:RedirectUri"] = redirectUri;
        // The client takes up changed options without a restart.
        ((IConfigurationRoot)app.Configuration).Reload();
        if (server is not null)
            server.Register(redirectUri);
        else
            Console.WriteLine($"At your server, this must be a redirect URI of the client: {redirectUri}");
        Console.WriteLine($"Now listening on {address}");
    }
}
