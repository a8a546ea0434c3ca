using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Http.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace OAuthClient;

/// <summary>
/// Completes the handlers of an HTTP client that has an access token handler. It runs after all other configuration, so a primary handler
/// or a further handler may be configured before or after <c>AddAccessTokenHandler</c>, for one HTTP client or for all.
/// </summary>
internal sealed class AccessTokenPipelineFilter(DangerousOptions dangerous) : IHttpMessageHandlerBuilderFilter
{
    // Handlers are created again every few minutes. The result is logged for the first ones only.
    private readonly ConcurrentDictionary<string, bool> logged = new();

    private readonly PrimaryHandlerCertificates certificates = new();

    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) =>
        builder =>
        {
            try
            {
                next(builder);
            }
            catch (InvalidOperationException)
            {
                // IHttpClientFactory changes a setting of the primary handler, which throws if the handler has already sent a request. If
                // cookies are on, or a certificate is to be presented, these methods throw the exception that says so.
                if (FindTokenHandler(builder) is not { } handler)
                    throw;
                if (handler.Options.ServesManyOwners)
                    Isolate(builder, handler.Options, NullLogger.Instance);
                ConfigureCertificate(builder, handler);
                throw;
            }
            var tokens = FindTokenHandler(builder);
            ConfigureCertificate(builder, tokens);
            if (tokens is not null)
                Complete(builder, tokens);
        };

    private void Complete(HttpMessageHandlerBuilder builder, AccessTokenHandler tokens)
    {
        MoveLogging(builder.AdditionalHandlers, tokens);
        var options = tokens.Options;
        dangerous.LogOnce($"HTTP client '{NameOf(builder)}'", options, AccessTokenHandlerOptions.Dangerous);
        if (options.ServesManyOwners)
        {
            // The logger factory is resolved here and not injected, because a logger provider may itself need an HTTP client.
            bool isFirst = logged.TryAdd(NameOf(builder), true);
            Isolate(
                builder,
                options,
                isFirst ? builder.Services.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category) : NullLogger.Instance
            );
        }
        if (options.GrantAddress is { } addresses)
            builder.AdditionalHandlers.Insert(
                builder.AdditionalHandlers.IndexOf(tokens),
                new GrantAddressHandler(tokens.Source, addresses, options.Origins)
            );
        EncloseServiceDiscovery(builder.AdditionalHandlers, tokens.Addresses);
        if (options.AllowsServiceDiscovery)
            builder.AdditionalHandlers.Insert(0, new RequestAddressHandler(tokens.Addresses.EnsureNamed));
        if (tokens.Proofs.MayBeEnabled || options.PresentsCertificate)
            PrimaryHandlerConfiguration.TurnRedirectsOff(builder.PrimaryHandler, NameOf(builder));
        builder.PrimaryHandler = new DPoPProofHandler(
            builder.PrimaryHandler,
            tokens.Addresses,
            rejectsCookies: options.ServesManyOwners && !options.AllowsCookies,
            tokens.Proofs
        );
    }

    // Moves the innermost logging handler of IHttpClientFactory above the handler that adds the access token. The factory's log redacts
    // headers in its text only; its structured state contains their values, and a sink that exports the state would export the token.
    private static void MoveLogging(IList<DelegatingHandler> handlers, AccessTokenHandler tokens)
    {
        int index = handlers.IndexOf(tokens);
        foreach (var logging in handlers.Skip(index).OfType<LoggingHttpMessageHandler>().ToList())
        {
            handlers.Remove(logging);
            handlers.Insert(index++, logging);
        }
    }

    // The address is checked before the handler resolves its name, and the result is recorded directly behind it. An address that another
    // handler set is therefore not accepted.
    private static void EncloseServiceDiscovery(IList<DelegatingHandler> handlers, IApiAddressPolicy addresses)
    {
        foreach (var discovery in handlers.Where(IsServiceDiscovery).ToList())
        {
            handlers.Insert(handlers.IndexOf(discovery) + 1, new RequestAddressHandler(addresses.SetResolved));
            handlers.Insert(handlers.IndexOf(discovery), new RequestAddressHandler(addresses.EnsureNamed));
        }
    }

    // The type is internal, and its assembly is not referenced.
    private static bool IsServiceDiscovery(DelegatingHandler handler) =>
        handler.GetType()
            is { FullName: "Microsoft.Extensions.ServiceDiscovery.Http.ResolvingHttpDelegatingHandler", Assembly: var assembly }
        && assembly.GetName().Name == "Microsoft.Extensions.ServiceDiscovery";

    private static void Isolate(HttpMessageHandlerBuilder builder, AccessTokenHandlerOptions options, ILogger logger) =>
        PrimaryHandlerConfiguration.Isolate(builder.PrimaryHandler, NameOf(builder), options.AllowsCookies, logger);

    private void ConfigureCertificate(HttpMessageHandlerBuilder builder, AccessTokenHandler? tokens) =>
        certificates.Configure(builder, tokens is { Options.PresentsCertificate: true } ? tokens.Source.ClientName : null);

    private static AccessTokenHandler? FindTokenHandler(HttpMessageHandlerBuilder builder) =>
        builder.AdditionalHandlers.OfType<AccessTokenHandler>().FirstOrDefault();

    private static string NameOf(HttpMessageHandlerBuilder builder) => builder.Name ?? "";
}
