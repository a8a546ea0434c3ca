namespace OAuthClient.Testing.Tests;

/// <summary>Creates the clients and requests of the logout tests.</summary>
internal static class LogoutRequests
{
    public const string PostLogoutRedirectUri = "http://127.0.0.1:5005/signed-out?from=here";

    /// <summary>Creates a client with the specified logout URIs.</summary>
    public static TestClient Photos(Uri? backChannel = null, Uri? frontChannel = null) =>
        new()
        {
            ClientId = "photos",
            ClientSecret = "secret",
            RedirectUris = { TestBed.RedirectUri },
            PostLogoutRedirectUris = { PostLogoutRedirectUri },
            BackChannelLogoutUri = backChannel,
            FrontChannelLogoutUri = frontChannel,
        };

    /// <summary>Creates a logout request.</summary>
    public static Uri EndSession(TestBed bed, params (string Name, string Value)[] parameters) =>
        new(
            bed.Server.EndSessionEndpoint
                + "?"
                + string.Join('&', parameters.Select(pair => pair.Name + "=" + Uri.EscapeDataString(pair.Value)))
        );

    /// <summary>Determines whether the browser has a session, by a request with prompt=none.</summary>
    public static async Task<bool> IsSignedInAsync(TestBed bed, TestClient client, SignInOptions browser) =>
        TestBed
            .Query(await bed.Server.SignInAsync(bed.AuthorizationUri(("client_id", client.ClientId), ("prompt", "none")), browser))
            .ContainsKey("code");
}
