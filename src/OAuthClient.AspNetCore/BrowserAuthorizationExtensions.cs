using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Joins OAuth clients to ASP.NET Core.</summary>
public static class BrowserAuthorizationExtensions
{
    /// <summary>
    /// Lets users authorize this client in their browsers: registers <see cref="BrowserAuthorization"/>, keyed by the client's name (the
    /// unnamed client's without a key), and the current user for <c>ForCurrentUser()</c>. Grants belong to the owner that the signed-in
    /// user's claims name (<see cref="CurrentUserOptions"/> says how they are read); register a singleton <see cref="ICurrentGrantOwner"/>
    /// of your own before this to decide otherwise. Several instances of an application must share their Data Protection keys.
    /// </summary>
    /// <param name="builder">The registered client.</param>
    /// <param name="configure">Changes the paths and pages of
    /// <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/>.</param>
    public static OAuthClientBuilder AddBrowserAuthorization(
        this OAuthClientBuilder builder,
        Action<BrowserAuthorizationOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        // Validates the forms of MapBrowserAuthorization.
        services.AddAntiforgery();
        services.AddOptions<BrowserAuthorizationOptions>(builder.Name).Configure(options => configure?.Invoke(options));
        services.AddHttpContextAccessor();
        services.AddDataProtection();
        services.AddOptions();
        services.TryAddSingleton<ICurrentGrantOwner, HttpContextGrantOwner>();
        services.TryAddSingleton<PendingAuthorizationCookies>();
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
                    provider.GetRequiredService<PendingAuthorizationCookies>(),
                    provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>(),
                    provider.GetRequiredService<UncheckedSignInWarning>()
                )
        );
        if (builder.Name.Length == 0)
            services.TryAddSingleton(provider => provider.GetRequiredKeyedService<BrowserAuthorization>(builder.Name));
        string subject = builder.Name.Length == 0 ? "OAuth client" : $"OAuth client '{builder.Name}'";
        services
            .AddOptions<OAuthClientOptions>(builder.Name)
            .Validate(
                options => options.RedirectUri is not null,
                $"{subject}: set RedirectUri; AddBrowserAuthorization needs to know where the browser comes back."
            );
        return builder;
    }

    /// <summary>
    /// Shares the client's own access tokens with the application's other nodes by its <c>IDistributedCache</c>, encrypted by Data Protection,
    /// whose keys the nodes must share. Never users' tokens: see <see cref="OAuthClientBuilder.ShareClientTokens"/>.
    /// </summary>
    /// <param name="builder">The registered client.</param>
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
    /// When the endpoint, or one of the group, throws a <see cref="ReauthorizationRequiredException"/>, the browser
    /// is sent to authorize anew and comes back afterwards; a script's request gets 401. The same as
    /// <see cref="ReauthorizeWhenNeededAttribute"/> on a controller.
    /// </summary>
    /// <typeparam name="TBuilder">The endpoint's or group's builder.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="clientName">Only for this client, by its name in <c>AddOAuthClient</c>; for every client unless given.</param>
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
                            .BeginAsync(invocation.HttpContext, exception.ClientName, invocation.HttpContext.RequestAborted)
                            .ConfigureAwait(false)
                            is { } result
                    )
                        return result;
                    throw;
                }
            }
        );
    }

    private static IDataProtector Protector(IServiceProvider services) =>
        services
            .GetRequiredService<IDataProtectionProvider>()
            .CreateProtector("OAuthClient.AspNetCore", "ClientCredentialsTokenProvider", "v1");

    private static ICurrentGrantOwner CurrentOwner(IServiceProvider provider, IServiceCollection registered) =>
        // One that belongs to a request would name its user for everyone who comes later.
        registered.Any(service => service.ServiceType == typeof(ICurrentGrantOwner) && service.Lifetime != ServiceLifetime.Singleton)
            ? throw new InvalidOperationException(
                "Register ICurrentGrantOwner as a singleton, which finds the user anew at each call, for example by IHttpContextAccessor."
            )
            : provider.GetRequiredService<ICurrentGrantOwner>();
}
