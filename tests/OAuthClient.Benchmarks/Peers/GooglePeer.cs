using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Flows;
using Google.Apis.Http;

namespace OAuthClient.Benchmarks;

/// <summary>Google.Apis.Auth as its documentation uses it: a user's credential, and the flow that keeps it alive.</summary>
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

    /// <summary>A user's, with a token that is good unless it is said to be over.</summary>
    public static UserCredential Credential(HttpMessageHandler server, bool isOver = false) =>
        new(
            Flow(server),
            "user",
            new Google.Apis.Auth.OAuth2.Responses.TokenResponse
            {
                AccessToken = "0",
                RefreshToken = TokenServer.FirstRefreshToken,
                ExpiresInSeconds = isOver ? 0 : 3600,
                IssuedUtc = TimeProvider.System.GetUtcNow().UtcDateTime,
            }
        );

    /// <summary>An HTTP client that carries the credential's token, and asks for another when the API refuses it.</summary>
    public static HttpClient Client(HttpMessageHandler api, UserCredential credential) =>
        new InMemory(api).CreateHttpClient(new CreateHttpClientArgs { Initializers = { credential }, ApplicationName = "photos" });

    // It makes no state of its own; the application has to.
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
