namespace WebApp;

/// <summary>The address at which the browser reaches this application. With port 0 it is known only after the start.</summary>
internal static class ListeningAddress
{
    private const string NotYetKnown = "http://localhost/callback";

    /// <summary>Sets a redirect URI until the address is known, because the options require one at start.</summary>
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
        Console.WriteLine($"Open {address} in a browser and type any name. Ctrl+C ends the sample.");
        if (server is not null)
            Console.WriteLine("At the photo service sign in as alice or bob; the passwords are the names.");
    }
}
