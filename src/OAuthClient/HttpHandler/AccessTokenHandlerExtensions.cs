using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace OAuthClient;

/// <summary>Joins an HTTP client to a registered OAuth client.</summary>
public static class AccessTokenHandlerExtensions
{
    /// <summary>Each request of this HTTP client carries an access token of the unnamed OAuth client.</summary>
    /// <param name="builder">The HTTP client, typed or named.</param>
    /// <param name="configure">Whose token, and where it may go.</param>
    /// <exception cref="InvalidOperationException">The owner or the origin is not stated.</exception>
    public static IHttpClientBuilder AddAccessTokenHandler(this IHttpClientBuilder builder, Action<AccessTokenHandlerOptions> configure) =>
        AddAccessTokenHandler(builder, "", configure);

    /// <summary>Each request of this HTTP client carries an access token of an OAuth client (RFC 6750 §2.1); without a token it is not sent.</summary>
    /// <param name="builder">The HTTP client, typed or named.</param>
    /// <param name="clientName">The OAuth client's name in <c>AddOAuthClient</c>.</param>
    /// <param name="configure">Whose token, and where it may go.</param>
    /// <exception cref="InvalidOperationException">The owner or the origin is not stated.</exception>
    public static IHttpClientBuilder AddAccessTokenHandler(
        this IHttpClientBuilder builder, string clientName, Action<AccessTokenHandlerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(clientName);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new AccessTokenHandlerOptions();
        configure(options);
        options.Checked();
        var selection = options.Selection;
        Uri[] origins = [.. options.Origins];

        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, http =>
        {
            var others = http.ShouldRedactHeaderValue;
            http.ShouldRedactHeaderValue = header => string.Equals(header, "Authorization", StringComparison.OrdinalIgnoreCase) || others(header);
        });
        return builder.AddHttpMessageHandler(services => new AccessTokenHandler(
            clientName,
            services.GetKeyedService<AccessTokenSource>(clientName) ?? throw new InvalidOperationException(
                $"The HTTP client '{builder.Name}' wants access tokens of the OAuth client '{clientName}', which is not registered; call AddOAuthClient(\"{clientName}\", …)."),
            options.Owner,
            options.IsForCurrentUser
                ? services.GetService<ICurrentGrantOwner>() ?? throw new InvalidOperationException(
                    "ForCurrentUser() needs somebody who knows the current user: add the package OAuthClient.AspNetCore and call AddBrowserAuthorization() behind AddOAuthClient, or register an ICurrentGrantOwner.")
                : null,
            origins,
            selection));
    }
}
