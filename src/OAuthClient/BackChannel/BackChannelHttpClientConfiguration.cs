using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>
/// Configures the HTTP client of a back channel, after all other configuration. Defaults for all HTTP clients of an application, such as
/// retries, do not apply to it, and its own configuration cannot turn on redirects, cookies or credentials of the handler.
/// </summary>
internal sealed class BackChannelHttpClientConfiguration : IPostConfigureOptions<HttpClientFactoryOptions>
{
    /// <summary>Registers the HTTP client of a back channel.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name of the client.</param>
    /// <returns>The builder, with which the application can configure the HTTP client further.</returns>
    public static IHttpClientBuilder Register(IServiceCollection services, string name)
    {
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<HttpClientFactoryOptions>, BackChannelHttpClientConfiguration>()
        );
        return services
            .AddHttpClient(BackChannelClient.ClientNamePrefix + name)
            // The defaults of the application come before these settings, and are cleared; settings of the returned builder come after.
            // IHttpClientFactory's log redacts headers in its text, but its structured state contains them, and with them client secrets.
            .RemoveAllLoggers()
            .ConfigureAdditionalHttpMessageHandlers((inherited, _) => inherited.Clear())
            // Headers that the application sets for all its HTTP clients, such as an API key, are not sent to the authorization server.
            .ConfigureHttpClient(client => client.DefaultRequestHeaders.Clear())
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    ConnectTimeout = TimeSpan.FromSeconds(10),
                    // Long enough to reuse connections, short enough to follow a DNS change.
                    PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                }
            );
    }

    public void PostConfigure(string? name, HttpClientFactoryOptions options)
    {
        if (name?.StartsWith(BackChannelClient.ClientNamePrefix, StringComparison.Ordinal) != true)
            return;
        // BackChannelDeadline applies instead, which includes the body. The timeout of HttpClient could be shorter.
        options.HttpClientActions.Add(client => client.Timeout = Timeout.InfiniteTimeSpan);
        string client = name[BackChannelClient.ClientNamePrefix.Length..];
        options.HttpMessageHandlerBuilderActions.Add(builder =>
            builder.PrimaryHandler = Guard(builder.PrimaryHandler, innermost => Configure(innermost, builder.Services, client))
        );
        options.ShouldRedactHeaderValue = static _ => true;
    }

    private static void Configure(HttpMessageHandler network, IServiceProvider services, string client)
    {
        Harden(network);
        if (client == WebFingerOptions.ClientName)
        {
            var webFinger = services.GetRequiredService<IOptions<WebFingerOptions>>().Value;
            if (!webFinger.DangerouslyAllowPrivateAddresses)
                RefusePrivateAddresses(network, services, webFinger.DangerouslyAllowHttpOnLoopback);
            return;
        }
        var options = services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get(client);
        if (options.ClientCertificate is { } certificate)
            PresentCertificate(network, certificate);
        if (options.RefusePrivateAddresses)
            RefusePrivateAddresses(network, services, options.DangerouslyAllowHttpOnLoopback);
    }

    // A handler of another kind must present the certificate itself.
    private static void PresentCertificate(HttpMessageHandler network, Func<X509Certificate2> certificate)
    {
        if (network is HttpClientHandler)
            throw new InvalidOperationException(
                "UseClientCertificate requires a SocketsHttpHandler. Configure one as the primary handler of the back channel instead of "
                    + "the HttpClientHandler, or do not configure a primary handler."
            );
        if (network is SocketsHttpHandler sockets)
            ClientCertificateSelector.PresentBy(sockets, certificate);
    }

    private static void RefusePrivateAddresses(HttpMessageHandler network, IServiceProvider services, bool allowLoopback) =>
        new PublicAddressConnector(services.GetService<DnsResolver>() ?? Dns.GetHostAddressesAsync, allowLoopback).Guard(network);

    // Wraps the primary handler instead of adding a handler: builder filters and later options could add another one between them.
    private static HttpMessageHandler Guard(HttpMessageHandler primary, Action<HttpMessageHandler> configure)
    {
        DelegatingHandler? outer = null;
        var innermost = primary;
        while (innermost is DelegatingHandler { InnerHandler: { } inner } wrapper)
            (outer, innermost) = (wrapper, inner);
        configure(innermost);
        // A handler chain that several clients share has been guarded before.
        if (outer is ContextIsolationHandler)
            return primary;
        SingleSendHandler guarded = new(new ContextIsolationHandler(innermost));
        if (outer is null)
            return guarded;
        outer.InnerHandler = guarded;
        return primary;
    }

    private static void Harden(HttpMessageHandler handler)
    {
        // A handler that has sent a request rejects changes, even to the same value. So only wrong values are set.
        switch (handler)
        {
            case SocketsHttpHandler sockets:
                if (sockets.AllowAutoRedirect)
                    sockets.AllowAutoRedirect = false;
                if (sockets.UseCookies)
                    sockets.UseCookies = false;
                // With credentials the handler would send the request again after a 401.
                if (sockets.Credentials is not null)
                    sockets.Credentials = null;
                TraceContextPropagator.UseIn(sockets);
                break;
            case HttpClientHandler client:
                if (client.AllowAutoRedirect)
                    client.AllowAutoRedirect = false;
                if (client.UseCookies)
                    client.UseCookies = false;
                if (client.UseDefaultCredentials)
                    client.UseDefaultCredentials = false;
                if (client.Credentials is not null)
                    client.Credentials = null;
                break;
        }
    }
}
