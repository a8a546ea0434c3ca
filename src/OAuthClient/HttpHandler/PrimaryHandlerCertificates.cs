using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>
/// Configures primary handlers to present the certificate of an OAuth client (RFC 8705 §3), and rejects one that HTTP clients with and
/// without the certificate share: connections are pooled, so a request of one would be sent with the certificate of the other.
/// </summary>
internal sealed class PrimaryHandlerCertificates
{
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly ConditionalWeakTable<HttpMessageHandler, Use> uses = [];

    /// <summary>Configures the primary handler of an HTTP client.</summary>
    /// <param name="builder">The handlers of the HTTP client.</param>
    /// <param name="clientName">
    /// The name of the OAuth client whose certificate is presented; <see langword="null"/> for an HTTP client without a certificate.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The handler is shared, is of another kind, or has already sent a request, or the OAuth client has no certificate.
    /// </exception>
    public void Configure(HttpMessageHandlerBuilder builder, string? clientName)
    {
        var network = PrimaryHandlerConfiguration.NetworkOf(builder.PrimaryHandler);
        var use = uses.GetValue(network, _ => new(clientName));
        if (use.ClientName != clientName)
            throw new InvalidOperationException(
                $"The HTTP client '{builder.Name}' shares its primary handler with another HTTP client, and only one of them presents the "
                    + $"certificate of {ClientDisplayName.Of(use.ClientName ?? clientName!)} (WithClientCertificate). They would share "
                    + "connections. Create a handler for each HTTP client in ConfigurePrimaryHttpMessageHandler(() => …)."
            );
        if (clientName is null)
            return;
        var certificate =
            builder.Services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get(clientName).ClientCertificate
            ?? throw new InvalidOperationException(
                $"WithClientCertificate() of the HTTP client '{builder.Name}' requires a certificate of "
                    + $"{ClientDisplayName.Of(clientName)}; set one with AddOAuthClient(…).UseClientCertificate(…)."
            );
        Present(network, certificate, use, builder.Name);
    }

    private static void Present(HttpMessageHandler network, Func<X509Certificate2> certificate, Use use, string? httpClientName)
    {
        switch (network)
        {
            // The handler reads the certificate by itself, also if IHttpClientFactory receives the same handler again.
            case SocketsHttpHandler when use.IsConfigured:
                return;
            case SocketsHttpHandler sockets:
                // A change of SslOptions would have no effect, and would not throw.
                ChangeUnused(
                    () =>
                        sockets.PooledConnectionLifetime =
                            sockets.PooledConnectionLifetime == Timeout.InfiniteTimeSpan
                                ? ConnectionLifetime
                                : sockets.PooledConnectionLifetime,
                    httpClientName
                );
                ClientCertificateSelector.PresentBy(sockets, certificate);
                break;
            case HttpClientHandler client:
                if (!use.IsConfigured)
                    ChangeUnused(() => client.ClientCertificateOptions = ClientCertificateOption.Manual, httpClientName);
                ClientCertificateSelector.PresentBy(client, certificate);
                break;
            default:
                throw new InvalidOperationException(
                    $"The primary handler of the HTTP client '{httpClientName}' is a {network.GetType()}, which cannot be configured to "
                        + "present the client certificate. WithClientCertificate() requires a SocketsHttpHandler or HttpClientHandler."
                );
        }
        use.IsConfigured = true;
    }

    // A setter throws if the handler has sent a request.
    private static void ChangeUnused(Action set, string? httpClientName)
    {
        try
        {
            set();
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException(
                $"The primary handler of the HTTP client '{httpClientName}' has already sent requests without the client certificate, and "
                    + "their connections would be used again. Create a new handler in ConfigurePrimaryHttpMessageHandler(() => …).",
                exception
            );
        }
    }

    private sealed class Use(string? clientName)
    {
        public string? ClientName => clientName;

        public bool IsConfigured { get; set; }
    }
}
