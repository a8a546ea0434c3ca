using Microsoft.Identity.Client;

namespace OAuthClient.Benchmarks;

/// <summary>Microsoft.Identity.Client as its documentation uses it, with an authority for which it needs no discovery.</summary>
internal static class MsalPeer
{
    public const string Name = "Microsoft.Identity.Client";

    public const string Scope = "https://api.example.com/.default";

    /// <summary>Creates a server whose granted scopes are the requested ones, since MSAL caches a token by its granted scopes.</summary>
    public static TokenServer Server(TimeSpan latency = default) =>
        new()
        {
            GivesNewTokens = latency > TimeSpan.Zero,
            Latency = latency,
            GivesRefreshTokens = false,
            Scope = Scope,
        };

    public static IConfidentialClientApplication Application(HttpMessageHandler server) =>
        ConfidentialClientApplicationBuilder
            .Create(Sample.ClientId)
            .WithClientSecret(Sample.ClientSecret)
            .WithAuthority("https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f", validateAuthority: false)
            .WithInstanceDiscovery(false)
            .WithRedirectUri(Sample.RedirectUri)
            .WithHttpClientFactory(new Clients(new HttpClient(server, disposeHandler: false)))
            .Build();

    public static async Task<string> TokenAsync(
        IConfidentialClientApplication application,
        CancellationToken cancellationToken = default
    ) => (await application.AcquireTokenForClient([Scope]).ExecuteAsync(cancellationToken)).CreateAuthorizationHeader();

    public static async Task<string> NewTokenAsync(IConfidentialClientApplication application) =>
        (await application.AcquireTokenForClient([Scope]).WithForceRefresh(true).ExecuteAsync()).AccessToken;

    public static async Task<string> AuthorizationUrlAsync(IConfidentialClientApplication application) =>
        (await application.GetAuthorizationRequestUrl(Sample.Scopes).WithPkce(out _).ExecuteAsync()).OriginalString;

    public sealed class Handler(IConfidentialClientApplication application) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.TryAddWithoutValidation(
                "Authorization",
                await TokenAsync(application, cancellationToken).ConfigureAwait(false)
            );
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class Clients(HttpClient client) : IMsalHttpClientFactory
    {
        public HttpClient GetHttpClient() => client;
    }
}
