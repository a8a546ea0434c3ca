using System.Text.Json.Nodes;

namespace OAuthClient.Ed25519.Tests;

/// <summary>Starts a server that signs with Ed25519, and a client that signs users in there.</summary>
internal static class ServerTokens
{
    public static Task<OAuthTestHost> StartAsync(
        string algorithm = "EdDSA",
        Action<OAuthClientOptions>? options = null,
        Action<TestAuthorizationServerOptions>? server = null,
        bool isRegistered = true
    ) =>
        OAuthTestHost.StartAsync(
            o =>
            {
                o.Scopes = ["openid", "api"];
                options?.Invoke(o);
            },
            registerFirst: services =>
            {
                if (isRegistered)
                    services.AddOAuthClientEd25519();
            },
            server: o =>
            {
                o.Ed25519 = new TestEd25519();
                o.SigningAlgorithm = algorithm;
                server?.Invoke(o);
            }
        );

    /// <summary>Changes the only key of the server's key set.</summary>
    public static Task<OAuthTestHost> StartWithKeyAsync(Action<JsonObject> change) =>
        StartAsync(server: o => o.OnJwks = set => change(set["keys"]![0]!.AsObject()));
}
