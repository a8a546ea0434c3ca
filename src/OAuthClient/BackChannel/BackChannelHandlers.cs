using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>
/// Has the last word on the handlers of a back channel. What an application sets for all its clients (retries above all)
/// must not reach it, and what a user sets for it must not bring redirects or cookies back.
/// </summary>
internal sealed class BackChannelHandlers : IPostConfigureOptions<HttpClientFactoryOptions>
{
    public static IHttpClientBuilder Register(IServiceCollection services, string name) =>
        services.AddHttpClient(BackChannel.ClientNamePrefix + name)
            // Defaults come first and the user's own settings after: this clears the ones and leaves the others.
            .ConfigureAdditionalHttpMessageHandlers((inherited, _) => inherited.Clear())
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                ConnectTimeout = TimeSpan.FromSeconds(10),
                // Long enough to reuse connections, short enough to follow a server that moves in DNS.
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            });

    public void PostConfigure(string? name, HttpClientFactoryOptions options)
    {
        if (name?.StartsWith(BackChannel.ClientNamePrefix, StringComparison.Ordinal) != true)
            return;
        // The deadline is ours (it covers the body); HttpClient's would cut a longer one short.
        options.HttpClientActions.Add(client => client.Timeout = Timeout.InfiniteTimeSpan);
        options.HttpMessageHandlerBuilderActions.Add(builder =>
        {
            Harden(builder.PrimaryHandler);
            builder.AdditionalHandlers.Add(new OneSendGuard());
        });
        options.ShouldRedactHeaderValue = static _ => true;
    }

    private static void Harden(HttpMessageHandler handler)
    {
        while (handler is DelegatingHandler { InnerHandler: { } inner })
            handler = inner;
        // A shared instance that has sent already refuses changes, so what is right is left alone.
        switch (handler)
        {
            case SocketsHttpHandler sockets:
                if (sockets.AllowAutoRedirect)
                    sockets.AllowAutoRedirect = false;
                if (sockets.UseCookies)
                    sockets.UseCookies = false;
                break;
            case HttpClientHandler client:
                if (client.AllowAutoRedirect)
                    client.AllowAutoRedirect = false;
                if (client.UseCookies)
                    client.UseCookies = false;
                break;
        }
    }
}
