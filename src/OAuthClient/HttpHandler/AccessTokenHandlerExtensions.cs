using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace OAuthClient;

/// <summary>Joins an HTTP client to a registered OAuth client.</summary>
public static class AccessTokenHandlerExtensions
{
    /// <summary>
    /// Each request of this HTTP client carries an access token of the one OAuth client there is, or of the unnamed one; everything
    /// else is as with a name.
    /// </summary>
    /// <param name="builder">The HTTP client, typed or named.</param>
    /// <param name="configure">Whose token, and where it may go.</param>
    /// <exception cref="InvalidOperationException">The owner or the origin is not stated.</exception>
    public static IHttpClientBuilder AddAccessTokenHandler(this IHttpClientBuilder builder, Action<AccessTokenHandlerOptions> configure) =>
        Add(builder, clientName: null, configure);

    /// <summary>Each request of this HTTP client carries an access token of an OAuth client (RFC 6750 §2.1); without a token it is not sent.</summary>
    /// <remarks>
    /// After a 401 whose Bearer challenge says <c>invalid_token</c>, or names no error, a new token is fetched and the request sent
    /// once more: if its content is held in memory (text, bytes, a form, JSON of no sequence), it was not redirected, and the token
    /// was not itself fetched for such a refusal within the last minute. Everything else is returned as it came. Only <c>SendAsync</c>
    /// works: a synchronous <c>Send</c> throws <see cref="NotSupportedException"/>.
    /// <para>
    /// All owners share the handlers of the HTTP client. If it serves more than one owner, cookies are therefore turned off in its primary
    /// handler, however that is configured, and a <c>Cookie</c> header is refused
    /// (<see cref="AccessTokenHandlerOptions.DangerouslyAllowCookies"/>). Default headers with <c>Authorization</c> or <c>Cookie</c>, and
    /// <c>Credentials</c> of the primary handler, make the creation of the client fail.
    /// </para>
    /// </remarks>
    /// <param name="builder">The HTTP client, typed or named.</param>
    /// <param name="clientName">The OAuth client's name in <c>AddOAuthClient</c>.</param>
    /// <param name="configure">Whose token, and where it may go.</param>
    /// <exception cref="InvalidOperationException">The owner or the origin is not stated.</exception>
    public static IHttpClientBuilder AddAccessTokenHandler(
        this IHttpClientBuilder builder,
        string clientName,
        Action<AccessTokenHandlerOptions> configure
    )
    {
        ArgumentNullException.ThrowIfNull(clientName);
        return Add(builder, clientName, configure);
    }

    /// <summary>
    /// Says whose access token this one request carries, where its HTTP client was registered with <c>ForRequestOwner()</c> or
    /// <c>ForCurrentUser()</c>. A client that always carries one owner's token, or its own, does not send the request.
    /// </summary>
    /// <param name="request">The request, before it is sent.</param>
    /// <param name="owner">A resource owner.</param>
    /// <exception cref="ArgumentException">It is the client itself: a user's request never carries the client's token.</exception>
    public static void SetGrantOwner(this HttpRequestMessage request, GrantOwner owner)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.IsClient)
            throw new ArgumentException(
                "A request is a resource owner's; for the client's own token register an HTTP client with ForClient().",
                nameof(owner)
            );
        GrantOwnerResolver.SetOwner(request, owner);
    }

    private static IHttpClientBuilder Add(IHttpClientBuilder builder, string? clientName, Action<AccessTokenHandlerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new AccessTokenHandlerOptions();
        configure(options);
        options.RequireComplete(builder.Name);
        var selection = options.Selection;

        if (
            builder.Services.Any(service =>
                service.ImplementationInstance is AccessTokenHandlerMark mark
                && string.Equals(mark.HttpClientName, builder.Name, StringComparison.Ordinal)
            )
        )
        {
            throw new InvalidOperationException(
                $"AddAccessTokenHandler was called twice for the HTTP client '{builder.Name}'. One HTTP client carries one kind of token; register two clients."
            );
        }
        builder.Services.AddSingleton(new AccessTokenHandlerMark(builder.Name));
        builder.Services.PostConfigure<HttpClientFactoryOptions>(
            builder.Name,
            http =>
            {
                var others = http.ShouldRedactHeaderValue;
                http.ShouldRedactHeaderValue = header =>
                    string.Equals(header, "Authorization", StringComparison.OrdinalIgnoreCase) || others(header);
                if (options.ServesManyOwners)
                    http.HttpClientActions.Add(client => SharedDefaultHeaders.EnsureNone(client, builder.Name, options.AllowsCookies));
            }
        );
        return builder.AddHttpMessageHandler(services => new AccessTokenHandler(
            services.GetKeyedService<AccessTokenProvider>(clientName ??= NameOfOnly(services, builder.Name))
                ?? throw new InvalidOperationException(
                    $"The HTTP client '{builder.Name}' wants access tokens of the OAuth client '{clientName}', which is not registered; call AddOAuthClient(\"{clientName}\", …)."
                ),
            new GrantOwnerResolver(
                clientName,
                options.Owner,
                options is { IsForCurrentUser: true, RequiresExplicitOwner: false } ? CurrentOwner(services, builder.Services) : null,
                options.RequiresExplicitOwner
            ),
            new AllowedAddresses(clientName, builder.Name, options),
            selection,
            options
        ));
    }

    private static string NameOfOnly(IServiceProvider services, string httpClientName) =>
        services.GetService<OAuthClientRegistry>()?.ResolveDefault("AddAccessTokenHandler(\"{0}\", …)")
        ?? throw new InvalidOperationException(
            $"The HTTP client '{httpClientName}' wants access tokens, but no OAuth client is registered; call AddOAuthClient(…)."
        );

    private static ICurrentGrantOwner CurrentOwner(IServiceProvider services, IServiceCollection registered)
    {
        // Handlers are pooled and live in a scope of their own, so a scoped one would name the first user for all who follow.
        if (registered.Any(service => service.ServiceType == typeof(ICurrentGrantOwner) && service.Lifetime != ServiceLifetime.Singleton))
        {
            throw new InvalidOperationException(
                "Register ICurrentGrantOwner as a singleton, which finds the user anew at each call (for example by IHttpContextAccessor): HTTP handlers are shared by all users and outlive their requests."
            );
        }
        return services.GetService<ICurrentGrantOwner>()
            ?? throw new InvalidOperationException(
                "ForCurrentUser() needs somebody who knows the current user: add the package OAuthClient.AspNetCore and call AddBrowserAuthorization() behind AddOAuthClient, or register an ICurrentGrantOwner."
            );
    }

    /// <summary>That an HTTP client has its handler.</summary>
    private sealed record AccessTokenHandlerMark(string HttpClientName);
}
