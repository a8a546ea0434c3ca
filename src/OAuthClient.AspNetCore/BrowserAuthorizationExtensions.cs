using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Provides extension methods that add OAuth clients to an ASP.NET Core application.</summary>
public static class BrowserAuthorizationExtensions
{
    /// <summary>
    /// Adds browser authorization to the client: registers <see cref="BrowserAuthorization"/> with the client's name as key (the unnamed
    /// client's without a key), and the current user for <c>ForCurrentUser()</c>.
    /// </summary>
    /// <remarks>
    /// The claims of the signed-in user name the owner of the grants; see <see cref="CurrentUserOptions"/>. To determine the owner in
    /// another way, register a singleton <see cref="ICurrentGrantOwner"/> before this call. All nodes of an application must share their
    /// Data Protection keys.
    /// </remarks>
    /// <param name="builder">The builder of the client.</param>
    /// <param name="configure">Configures the paths and pages of
    /// <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/>.</param>
    /// <returns>The same builder.</returns>
    public static OAuthClientBuilder AddBrowserAuthorization(
        this OAuthClientBuilder builder,
        Action<BrowserAuthorizationOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        // MapBrowserAuthorization validates its forms with it.
        services.AddAntiforgery();
        services.AddOptions<BrowserAuthorizationOptions>(builder.Name).Configure(options => configure?.Invoke(options));
        services.AddHttpContextAccessor();
        services.AddDataProtection();
        services.AddOptions();
        services.TryAddSingleton<ICurrentGrantOwner, HttpContextGrantOwner>();
        services.TryAddSingleton<PendingAuthorizationCookieStore>();
        services.TryAddSingleton<PendingLogoutCookie>();
        services.TryAddSingleton<UncheckedSignInWarning>();
        services.TryAddKeyedSingleton(
            builder.Name,
            (provider, _) =>
                new BrowserAuthorization(
                    builder.Name,
                    provider.GetRequiredKeyedService<IOAuthClient>(builder.Name),
                    provider.GetRequiredKeyedService<OpenIdSignIn>(builder.Name),
                    new BrowserSignOut(
                        builder.Name,
                        provider.GetRequiredKeyedService<OpenIdLogout>(builder.Name),
                        provider.GetRequiredService<PendingLogoutCookie>()
                    ),
                    CurrentOwner(provider, services),
                    provider.GetRequiredService<PendingAuthorizationCookieStore>(),
                    provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>(),
                    provider.GetRequiredService<UncheckedSignInWarning>(),
                    new SignInUserFactory(
                        builder.Name,
                        provider.GetRequiredKeyedService<IOAuthClient>(builder.Name),
                        provider.GetRequiredService<IOptionsMonitor<BrowserAuthorizationOptions>>(),
                        provider.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category)
                    )
                )
        );
        // For a wrong name in [FromKeyedServices], and for a client without this call.
        services.TryAddKeyedTransient<BrowserAuthorization>(
            KeyedService.AnyKey,
            static (provider, key) => throw new InvalidOperationException(Missing(key as string ?? "") + FindUnknown(provider, key))
        );
        if (builder.Name.Length == 0)
            services.TryAddSingleton(provider => provider.GetRequiredKeyedService<BrowserAuthorization>(builder.Name));
        ClientDisplayName subject = builder.Name;
        services
            .AddOptions<OAuthClientOptions>(builder.Name)
            .Validate(
                options => options.RedirectUri is not null || options.RedirectUris is { Count: > 0 },
                $"{subject}: set RedirectUri, which AddBrowserAuthorization requires."
            );
        return builder;
    }

    /// <summary>
    /// Shares the client's own access tokens among the application's nodes through its <c>IDistributedCache</c>. The tokens are encrypted
    /// by Data Protection, whose keys the nodes must share. Tokens of users are never shared. See
    /// <see cref="OAuthClientBuilder.ShareClientTokens"/>.
    /// </summary>
    /// <param name="builder">The builder of the client.</param>
    /// <returns>The same builder.</returns>
    public static OAuthClientBuilder ShareClientTokens(this OAuthClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddDataProtection();
        return builder.ShareClientTokens(
            (services, data) => Protector(services).Protect(data),
            (services, data) => Protector(services).Unprotect(data)
        );
    }

    /// <summary>
    /// Redirects the browser to the authorization server when an endpoint throws a <see cref="ReauthorizationRequiredException"/>.
    /// Afterwards the browser returns to the same address if the request was a GET or HEAD, and otherwise to the application's root. A
    /// request of a script receives 401. <see cref="ReauthorizeWhenNeededAttribute"/> is the equivalent for controllers.
    /// </summary>
    /// <typeparam name="TBuilder">The type of the endpoint or group.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="clientName">
    /// The name in <c>AddOAuthClient</c> of the client whose exceptions are handled; <see langword="null"/> for all clients.
    /// </param>
    /// <returns>The same builder.</returns>
    public static TBuilder ReauthorizeWhenNeeded<TBuilder>(this TBuilder builder, string? clientName = null)
        where TBuilder : IEndpointConventionBuilder
    {
        return builder.AddEndpointFilter(
            async (invocation, next) =>
            {
                try
                {
                    return await next(invocation).ConfigureAwait(false);
                }
                catch (ReauthorizationRequiredException exception)
                {
                    if (
                        Reauthorization.IsFor(clientName, exception, invocation.HttpContext)
                        && await Reauthorization
                            .BeginAsync(invocation.HttpContext, exception, invocation.HttpContext.RequestAborted)
                            .ConfigureAwait(false)
                            is { } result
                    )
                        return result;
                    throw;
                }
            }
        );
    }

    /// <summary>Describes a client without <see cref="AddBrowserAuthorization"/>.</summary>
    internal static string Missing(string name) =>
        $"BrowserAuthorization requires AddOAuthClient({(name.Length == 0 ? "" : $"\"{name}\", ")}…).AddBrowserAuthorization().";

    // The exception of the core names the registered clients if there is no client with this name.
    private static string FindUnknown(IServiceProvider provider, object? key)
    {
        try
        {
            provider.GetKeyedService<IOAuthClient>(key);
            return "";
        }
        catch (InvalidOperationException unknown)
        {
            return " " + unknown.Message;
        }
    }

    private static IDataProtector Protector(IServiceProvider services) =>
        services.GetRequiredService<IDataProtectionProvider>().CreateProtector("OAuthClient.AspNetCore", "ClientTokens", "v1");

    private static ICurrentGrantOwner CurrentOwner(IServiceProvider provider, IServiceCollection registered) =>
        // A scoped service would be resolved once, and return the first request's user to all later requests.
        registered.Any(service => service.ServiceType == typeof(ICurrentGrantOwner) && service.Lifetime != ServiceLifetime.Singleton)
            ? throw new InvalidOperationException(
                "Register ICurrentGrantOwner as a singleton that finds the current user at each call, for example with "
                    + "IHttpContextAccessor."
            )
            : provider.GetRequiredService<ICurrentGrantOwner>();
}
