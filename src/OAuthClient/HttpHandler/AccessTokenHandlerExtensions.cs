using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>Adds access tokens of an OAuth client to the requests of an HTTP client.</summary>
public static class AccessTokenHandlerExtensions
{
    /// <summary>
    /// Adds an access token of the default OAuth client to each request of this HTTP client. The default OAuth client is the one without a
    /// name, or the only one.
    /// </summary>
    /// <param name="builder">The builder of the named or typed HTTP client.</param>
    /// <param name="configure">A delegate that states the owner of the access token and the allowed origins.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">
    /// No owner or no origin is stated, or the HTTP client already has an access token handler.
    /// </exception>
    /// <remarks>See <see cref="AddAccessTokenHandler(IHttpClientBuilder, string, Action{AccessTokenHandlerOptions})"/>.</remarks>
    /// <example>
    /// A service that calls an API with the client's own access tokens (client credentials, RFC 6749 §4.4):
    /// <code>
    /// using OAuthClient;
    ///
    /// var builder = WebApplication.CreateBuilder(args);
    /// builder.Services.AddOAuthClient(o =&gt;
    /// {
    ///     o.Issuer = new("https://accounts.example.com");
    ///     o.ClientId = "12345";
    ///     o.ClientSecret = builder.Configuration["OAuth:ClientSecret"];
    ///     o.Scopes = ["invoices.read"];
    /// });
    /// builder.Services.AddHttpClient("invoices", http =&gt; http.BaseAddress = new("https://invoices.example.com"))
    ///     .AddAccessTokenHandler(t =&gt; t.ForClient().To("https://invoices.example.com"));
    ///
    /// var app = builder.Build();
    /// app.MapGet("/invoices", (IHttpClientFactory http) =&gt; http.CreateClient("invoices").GetStringAsync("/invoices"));
    /// app.Run();
    /// </code>
    /// </example>
    public static IHttpClientBuilder AddAccessTokenHandler(this IHttpClientBuilder builder, Action<AccessTokenHandlerOptions> configure) =>
        Add(builder, clientName: null, configure);

    /// <summary>
    /// Adds an access token of an OAuth client to each request of this HTTP client (RFC 6750 §2.1). A request for which there is no access
    /// token is not sent.
    /// </summary>
    /// <remarks>
    /// <para>
    /// After a response 401 with a Bearer challenge that has the error <c>invalid_token</c>, the handler requests a new access token and
    /// sends the request a second time, unless the request was redirected, or the access token was itself requested after such a response
    /// within the last minute. If the response states no reason, because its Bearer challenge has no error, or it has no challenge at all,
    /// the handler does so at most once per grant in 5 minutes; while the API rejects the new token too, the interval doubles, up to an
    /// hour. Without any challenge, a token younger than a minute is not replaced. A request whose content is not held in memory (a stream,
    /// a gRPC call) is not sent again; the next request carries the new token. All other responses are returned unchanged. The synchronous
    /// <c>Send</c> throws <see cref="NotSupportedException"/> while no valid access token is in memory.
    /// </para>
    /// <para>
    /// All owners share the handlers of the HTTP client. If the HTTP client serves more than one owner, cookies are therefore turned off in
    /// its primary handler, and a request with a <c>Cookie</c> header is not sent
    /// (<see cref="AccessTokenHandlerOptions.DangerouslyAllowCookies"/>). Creating such an HTTP client throws if its default headers
    /// contain <c>Authorization</c> or <c>Cookie</c>, or its primary handler has <c>Credentials</c>.
    /// </para>
    /// </remarks>
    /// <param name="builder">The builder of the named or typed HTTP client.</param>
    /// <param name="clientName">The OAuth client's name in <c>AddOAuthClient</c>.</param>
    /// <param name="configure">A delegate that states the owner of the access token and the allowed origins.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">
    /// No owner or no origin is stated, or the HTTP client already has an access token handler.
    /// </exception>
    /// <example>
    /// A web application that calls an API with the access token of the signed-in user. <c>AddBrowserAuthorization</c> is in the package
    /// OAuthClient.AspNetCore.
    /// <code>
    /// using OAuthClient;
    /// using OAuthClient.AspNetCore;
    ///
    /// var builder = WebApplication.CreateBuilder(args);
    /// builder.Services.AddAuthentication("Cookies").AddCookie("Cookies", o =&gt; o.LoginPath = "/oauth/photos/sign-in")
    ///     .RejectEndedSignIns();
    /// builder.Services.AddAuthorization();
    /// builder.Services.AddOAuthClient("photos", o =&gt;
    /// {
    ///     o.Issuer = new("https://accounts.example.com");
    ///     o.ClientId = "12345";
    ///     o.ClientSecret = builder.Configuration["Photos:ClientSecret"];
    ///     o.RedirectUri = new("https://client-app.example.com/callback");
    ///     o.Scopes = ["openid", "profile", "offline_access"];
    /// }).AddBrowserAuthorization(o =&gt; o.AllowSignIn = true);
    /// builder.Services.AddHttpClient("photos-api", http =&gt; http.BaseAddress = new("https://api.example.com"))
    ///     .AddAccessTokenHandler("photos", t =&gt; t.ForCurrentUser().To("https://api.example.com"));
    ///
    /// var app = builder.Build();
    /// app.MapBrowserAuthorization("photos");
    /// app.MapGet("/photos", (IHttpClientFactory http) =&gt; http.CreateClient("photos-api").GetStringAsync("/photos"))
    ///     .RequireAuthorization()
    ///     .ReauthorizeWhenNeeded();
    /// app.Run();
    /// </code>
    /// The other overload has an example for the client's own access tokens.
    /// </example>
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
    /// Sets the owner of the access token of one request. Its HTTP client must have been registered with <c>ForRequestOwner()</c> or
    /// <c>ForCurrentUser()</c>. An HTTP client that was registered for another owner, or for the client itself, does not send the request.
    /// </summary>
    /// <param name="request">The request, before it is sent.</param>
    /// <param name="owner">The owner.</param>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is the client itself.</exception>
    public static void SetGrantOwner(this HttpRequestMessage request, GrantOwner owner)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.IsClient)
            throw new ArgumentException(
                "The owner of a request is a resource owner. For the client's own token, register an HTTP client with ForClient().",
                nameof(owner)
            );
        RequestGrantOwner.Set(request, owner);
    }

    /// <summary>Chooses the grant whose access token one request carries, where its owner has several accounts at the server.</summary>
    /// <param name="request">The request, before it is sent.</param>
    /// <param name="grantId">The <see cref="Grant.Id"/>. The grant of another owner is not used.</param>
    /// <exception cref="ArgumentException"><paramref name="grantId"/> is empty.</exception>
    public static void SetGrantId(this HttpRequestMessage request, string grantId)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentException.ThrowIfNullOrEmpty(grantId);
        RequestGrant.Set(request, grantId);
    }

    private static IHttpClientBuilder Add(IHttpClientBuilder builder, string? clientName, Action<AccessTokenHandlerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new AccessTokenHandlerOptions();
        configure(options);
        options.EnsureComplete(builder.Name);
        var selection = options.Selection;

        var mark = new AccessTokenHandlerMark(builder.Name);
        if (builder.Services.Any(service => mark.Equals(service.ImplementationInstance)))
        {
            throw new InvalidOperationException(
                $"AddAccessTokenHandler was called twice for the HTTP client '{builder.Name}'. An HTTP client has one access token "
                    + "handler; register two HTTP clients."
            );
        }
        builder.Services.AddSingleton(mark);
        builder.Services.PostConfigure<HttpClientFactoryOptions>(
            builder.Name,
            http =>
            {
                var previous = http.ShouldRedactHeaderValue;
                http.ShouldRedactHeaderValue = header =>
                    string.Equals(header, "Authorization", StringComparison.OrdinalIgnoreCase)
                    || string.Equals(header, DPoPProofs.HeaderName, StringComparison.OrdinalIgnoreCase)
                    || previous(header);
                if (options.ServesManyOwners)
                    http.HttpClientActions.Add(client => SharedDefaultHeaders.EnsureNone(client, builder.Name, options.AllowsCookies));
            }
        );
        return builder.AddHttpMessageHandler(services =>
        {
            string name = clientName ?? ResolveDefaultName(services, builder.Name);
            var tokens =
                services.GetKeyedService<AccessTokenProvider>(name)
                ?? throw new InvalidOperationException(
                    $"The HTTP client '{builder.Name}' uses access tokens of {ClientDisplayName.Of(name)}, which is not registered; "
                        + $"call AddOAuthClient(\"{name}\", …)."
                );
            return new AccessTokenHandler(
                options.CreateSource!(new(name, tokens, selection, services, builder.Services)),
                new AllowedAddresses(name, builder.Name, options),
                services.GetRequiredKeyedService<DPoPProofs>(name),
                new ApiResponseClassifier(services.GetRequiredService<TimeProvider>()),
                options,
                services.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category)
            );
        });
    }

    private static string ResolveDefaultName(IServiceProvider services, string httpClientName) =>
        services.GetService<OAuthClientRegistry>()?.ResolveDefault("AddAccessTokenHandler(\"{0}\", …)")
        ?? throw new InvalidOperationException(
            $"The HTTP client '{httpClientName}' uses access tokens, but no OAuth client is registered; call AddOAuthClient(…)."
        );

    /// <summary>Marks an HTTP client that has an access token handler.</summary>
    private sealed record AccessTokenHandlerMark(string HttpClientName);
}
