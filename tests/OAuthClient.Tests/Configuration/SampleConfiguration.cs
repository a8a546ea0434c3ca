using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Creates a minimal client and server configuration, which a test changes as needed.</summary>
internal static class SampleConfiguration
{
    public const string Issuer = "https://server.example.com";
    public const string Callback = "https://client.example.com/callback";

    public static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The time <see cref="Now"/>, with the default tolerance.</summary>
    public static ClockReading Clock { get; } = ClockAt(Now);

    public static AuthorizationServerMetadata Server { get; } =
        new()
        {
            Issuer = Issuer,
            Endpoints = new Dictionary<ServerEndpoint, Uri?>
            {
                [ServerEndpoint.Authorization] = new("https://server.example.com/authorize"),
                [ServerEndpoint.Token] = new("https://server.example.com/token"),
            },
            SendsIssuerInResponse = true,
        };

    /// <summary>Returns the metadata with another address of an endpoint, or without it.</summary>
    public static AuthorizationServerMetadata With(this AuthorizationServerMetadata server, ServerEndpoint endpoint, Uri? address) =>
        server with
        {
            Endpoints = ServerEndpoint.FindAll(known => known == endpoint ? address : server.Find(known)),
        };

    public static ClockReading ClockAt(DateTimeOffset now) => new(now, new OAuthClientOptions().ClockTolerance);

    public static OAuthClientOptions Options(Action<OAuthClientOptions>? change = null)
    {
        var options = new OAuthClientOptions
        {
            Issuer = new(Issuer),
            ClientId = "client-id",
            RedirectUri = new(Callback),
        };
        change?.Invoke(options);
        return options;
    }

    public static ClientConfiguration Create(Action<OAuthClientOptions>? change = null, string name = "photos") =>
        new(name, Options(change));

    /// <summary>Creates a client beside which another client of another server is registered.</summary>
    public static ClientConfiguration CreateBesideAnotherServer()
    {
        var clients = new OAuthClientRegistry();
        clients.Add("photos");
        clients.Add("other");
        var other = new ConfigureNamedOptions<OAuthClientOptions>("other", o => o.Issuer = new("https://other.example.com"));
        return new("photos", Options(), new RedirectUriConflictDetector(clients, [other], []));
    }
}
