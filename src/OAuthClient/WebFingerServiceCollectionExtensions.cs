using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>Extension methods that register <see cref="WebFinger"/>.</summary>
public static class WebFingerServiceCollectionExtensions
{
    /// <summary>Registers <see cref="WebFinger"/>, which finds the issuer of a user (OpenID Connect Discovery §2).</summary>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>
    /// The builder of its HTTP client, to configure certificates for example. Regardless of the configuration, the HTTP client follows no
    /// redirect and keeps no cookie.
    /// </returns>
    public static IHttpClientBuilder AddWebFinger(this IServiceCollection services, Action<WebFingerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.AddOptions<WebFingerOptions>();
        if (configure is not null)
            services.Configure(configure);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<DangerousOptions>();
        services.TryAddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<WebFingerOptions>>().Value;
            provider.GetRequiredService<DangerousOptions>().LogOnce(options);
            return new WebFinger(
                provider.GetRequiredService<IHttpClientFactory>(),
                options,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category)
            );
        });
        return BackChannelHttpClientConfiguration.Register(services, WebFingerOptions.ClientName);
    }
}
