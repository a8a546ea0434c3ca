using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Identity.Client;

namespace OAuthClient.ColdStart;

/// <summary>Requests one token for the client itself, by each contestant as an application would that needs nothing else.</summary>
internal static class FirstToken
{
    private const string ClientId = "s6BhdRkqt3";
    private const string ClientSecret = "7Fjfp0ZBr1KtDRbnfVdmIw";

    public static Task<string> FetchAsync(string contestant, string tokenEndpoint) =>
        contestant switch
        {
            "floor" => RawAsync(tokenEndpoint),
            "framework" => FrameworkAsync(tokenEndpoint),
            "ours" => OursAsync(tokenEndpoint),
            "Microsoft.Identity.Client" => MsalAsync(tokenEndpoint),
            _ => throw new ArgumentException($"The contestant '{contestant}' is unknown.", nameof(contestant)),
        };

    /// <summary>Uses only HttpClient.</summary>
    private static async Task<string> RawAsync(string tokenEndpoint)
    {
        using var client = new HttpClient();
        return await RawAsync(client, tokenEndpoint);
    }

    /// <summary>Uses HttpClient from dependency injection and IHttpClientFactory, on which the libraries are built.</summary>
    private static async Task<string> FrameworkAsync(string tokenEndpoint)
    {
        var services = new ServiceCollection();
        services.AddHttpClient("token").RemoveAllLoggers();
        await using var provider = services.BuildServiceProvider();
        return await RawAsync(provider.GetRequiredService<IHttpClientFactory>().CreateClient("token"), tokenEndpoint);
    }

    private static async Task<string> RawAsync(HttpClient client, string tokenEndpoint)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, tokenEndpoint)
        {
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("scope", "photos.read")]),
        };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{ClientId}:{ClientSecret}")));
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return json.RootElement.GetProperty("access_token").GetString()!;
    }

    /// <summary>Uses the library with dependency injection.</summary>
    private static async Task<string> OursAsync(string tokenEndpoint)
    {
        var services = new ServiceCollection();
        services.AddOAuthClient(options =>
        {
            options.TokenEndpoint = new(tokenEndpoint);
            options.ClientId = ClientId;
            options.ClientSecret = ClientSecret;
            options.Scopes = ["photos.read"];
            options.DangerouslyAllowHttpOnLoopback = true;
        });
        await using var provider = services.BuildServiceProvider();
        var token = await provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.Client);
        return token.Reveal();
    }

    private static async Task<string> MsalAsync(string tokenEndpoint)
    {
        using var client = new HttpClient(new Detour(new Uri(tokenEndpoint)));
        var application = ConfidentialClientApplicationBuilder
            .Create(ClientId)
            .WithClientSecret(ClientSecret)
            .WithAuthority("https://login.microsoftonline.com/6babcaad-604b-40ac-a9d7-9fd97c0b779f", validateAuthority: false)
            .WithInstanceDiscovery(false)
            .WithHttpClientFactory(new OneClient(client))
            .Build();
        return (await application.AcquireTokenForClient(["photos.read"]).ExecuteAsync()).AccessToken;
    }

    /// <summary>Redirects requests to the test server, since MSAL requires https and the test server has none.</summary>
    private sealed class Detour(Uri tokenEndpoint) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = tokenEndpoint;
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class OneClient(HttpClient client) : IMsalHttpClientFactory
    {
        public HttpClient GetHttpClient() => client;
    }
}
