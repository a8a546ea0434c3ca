using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>
/// Has the last word on the handlers of a back channel. What an application sets for all its clients (retries above all)
/// must not reach it, and what a user sets for it must not bring redirects or cookies back.
/// </summary>
internal sealed class BackChannelHttpClientConfiguration : IPostConfigureOptions<HttpClientFactoryOptions>
{
    public static IHttpClientBuilder Register(IServiceCollection services, string name) =>
        services
            .AddHttpClient(BackChannelClient.ClientNamePrefix + name)
            // Defaults come first and the user's own settings after: this clears the ones and leaves the others.
            // IHttpClientFactory's log redacts headers in its text, but its structured state holds them: the client secret, and what a server echoes.
            .RemoveAllLoggers()
            .ConfigureAdditionalHttpMessageHandlers((inherited, _) => inherited.Clear())
            // An API key that the application sends everywhere is not the authorization server's business.
            .ConfigureHttpClient(client => client.DefaultRequestHeaders.Clear())
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    ConnectTimeout = TimeSpan.FromSeconds(10),
                    // Long enough to reuse connections, short enough to follow a server that moves in DNS.
                    PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                }
            );

    public void PostConfigure(string? name, HttpClientFactoryOptions options)
    {
        if (name?.StartsWith(BackChannelClient.ClientNamePrefix, StringComparison.Ordinal) != true)
            return;
        // The deadline is ours (it covers the body); HttpClient's would cut a longer one short.
        options.HttpClientActions.Add(client => client.Timeout = Timeout.InfiniteTimeSpan);
        string client = name[BackChannelClient.ClientNamePrefix.Length..];
        options.HttpMessageHandlerBuilderActions.Add(builder =>
            builder.PrimaryHandler =
                client == WebFingerOptions.ClientName
                    ? OfWebFinger(builder.PrimaryHandler, builder.Services)
                    : OfClient(builder.PrimaryHandler, builder.Services, client)
        );
        options.ShouldRedactHeaderValue = static _ => true;
    }

    private static HttpMessageHandler OfClient(HttpMessageHandler primary, IServiceProvider services, string client)
    {
        var options = services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get(client);
        return Guarded(
            primary,
            options.ClientCertificate,
            options.RefusePrivateAddresses ? Connection(services, options.DangerouslyAllowHttpOnLoopback) : null
        );
    }

    private static HttpMessageHandler OfWebFinger(HttpMessageHandler primary, IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<WebFingerOptions>>().Value;
        return Guarded(
            primary,
            certificate: null,
            options.DangerouslyAllowPrivateAddresses ? null : Connection(services, options.DangerouslyAllowHttpOnLoopback)
        );
    }

    private static PublicAddressConnector Connection(IServiceProvider services, bool allowLoopback) =>
        new(services.GetService<DnsResolver>() ?? Dns.GetHostAddressesAsync, allowLoopback);

    // Not one more additional handler: builder filters and later options could still put another one beneath it.
    private static HttpMessageHandler Guarded(
        HttpMessageHandler primary,
        Func<X509Certificate2>? certificate,
        PublicAddressConnector? connection
    )
    {
        DelegatingHandler? outer = null;
        var innermost = primary;
        while (innermost is DelegatingHandler { InnerHandler: { } inner } wrapper)
            (outer, innermost) = (wrapper, inner);
        Harden(innermost);
        if (certificate is not null)
            ClientCertificateSelector.PresentBy(innermost, certificate);
        connection?.Guard(innermost);
        // A shared chain that was guarded for another client.
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
        // A shared instance that has sent already refuses changes, so what is right is left alone.
        switch (handler)
        {
            case SocketsHttpHandler sockets:
                if (sockets.AllowAutoRedirect)
                    sockets.AllowAutoRedirect = false;
                if (sockets.UseCookies)
                    sockets.UseCookies = false;
                // They would answer a 401 by sending the same again; clients authenticate in other ways here.
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
