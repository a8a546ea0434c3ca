using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Starts an HTTP client whose stated name is resolved by a handler.</summary>
public static class ServiceDiscoveryHost
{
    public const string Service = "https+http://photos-api";

    internal static Task<OAuthTestHost> StartAsync(
        Place? place,
        Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions>? where = null,
        string address = Service,
        HttpMessageHandler? network = null,
        Action<IHttpClientBuilder>? last = null,
        Action<IHttpClientBuilder>? first = null
    ) =>
        OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                http.Services.AddSingleton<IConfiguration>(
                    new ConfigurationBuilder()
                        .AddInMemoryCollection(
                            new Dictionary<string, string?>
                            {
                                ["Services:photos-api:http:0"] = api.BaseAddress.OriginalString,
                                ["Services:photos-api:other:0"] = "http://127.0.0.1:9",
                                ["Services:photos-tls:https:0"] = "https://127.0.0.1:9",
                                ["Services:photos-base:https:0"] = "https://127.0.0.1:9/base",
                                ["Services:orders:http:0"] = "http://orders.internal:8080",
                                ["Services:other-api:http:0"] = api.BaseAddress.OriginalString,
                            }
                        )
                        .Build()
                );
                http.Services.AddServiceDiscovery();
                http.ConfigureHttpClient(client => client.BaseAddress = new(address));
                if (network is not null)
                    http.ConfigurePrimaryHttpMessageHandler(() => network);
                first?.Invoke(http);
                // As the service defaults of .NET Aspire do.
                if (place is Place.DefaultsOfAllClients)
                    http.Services.ConfigureHttpClientDefaults(all => all.AddServiceDiscovery());
                if (place is Place.BeforeTokenHandler)
                    http.AddServiceDiscovery();
                where ??= t => t.To(Service).AllowServiceDiscovery();
                http.AddAccessTokenHandler("photos", t => where(t.ForOwner(GrantOwner.User("42"))));
                if (place is Place.AfterTokenHandler)
                    http.AddServiceDiscovery();
                last?.Invoke(http);
            }
        );

    public enum Place
    {
        BeforeTokenHandler,
        AfterTokenHandler,
        DefaultsOfAllClients,
    }

    public sealed class Changing(Action<HttpRequestMessage> change) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            change(request);
            return base.SendAsync(request, cancellationToken);
        }
    }

    public sealed class Recording : HttpMessageHandler
    {
        public Uri? Address { get; private set; }
        public string? Host { get; private set; }
        public bool HasToken { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (Address, Host, HasToken) = (request.RequestUri, request.Headers.Host, request.Headers.Authorization is not null);
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
