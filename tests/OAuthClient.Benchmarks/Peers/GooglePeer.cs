using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Flows;
using Google.Apis.Http;

namespace OAuthClient.Benchmarks;

/// <summary>Google.Apis.Auth as its documentation uses it: a user's credential, and the flow that refreshes it.</summary>
internal static class GooglePeer
{
    public const string Name = "Google.Apis.Auth";

    public static PkceGoogleAuthorizationCodeFlow Flow(HttpMessageHandler server) =>
        new(
            new GoogleAuthorizationCodeFlow.Initializer
            {
                ClientSecrets = new() { ClientId = Sample.ClientId, ClientSecret = Sample.ClientSecret },
                Scopes = Sample.Scopes,
                HttpClientFactory = new InMemory(server),
            }
        );

    /// <summary>Creates a user's credential, with an expired access token on request.</summary>
    public static UserCredential Credential(HttpMessageHandler server, bool isExpired = false) =>
        new(
            Flow(server),
            "user",
            new Google.Apis.Auth.OAuth2.Responses.TokenResponse
            {
                AccessToken = "0",
                RefreshToken = TokenServer.FirstRefreshToken,
                ExpiresInSeconds = isExpired ? 0 : 3600,
                IssuedUtc = TimeProvider.System.GetUtcNow().UtcDateTime,
            }
        );

    /// <summary>Creates an HTTP client that sends the credential's token, and refreshes it when the API rejects it.</summary>
    public static HttpClient Client(HttpMessageHandler api, UserCredential credential) =>
        new InMemory(api).CreateHttpClient(new CreateHttpClientArgs { Initializers = { credential }, ApplicationName = "photos" });

    // The flow creates no state; the application must do so.
    public static string AuthorizationUrl(PkceGoogleAuthorizationCodeFlow flow) =>
        flow.CreateAuthorizationCodeRequest(Sample.RedirectUri, out _).Build().OriginalString;

    public static async Task<string> RefreshAsync(PkceGoogleAuthorizationCodeFlow flow) =>
        (await flow.RefreshTokenAsync("user", TokenServer.FirstRefreshToken, CancellationToken.None)).AccessToken;

    public sealed class Handler(UserCredential credential) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await credential.InterceptAsync(request, cancellationToken).ConfigureAwait(false);
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class InMemory(HttpMessageHandler network) : HttpClientFactory
    {
        protected override HttpMessageHandler CreateHandler(CreateHttpClientArgs args) => network;
    }
}
