using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace OAuthClient.Interop;

/// <summary>Runs OpenIddict.Server over https in this process, with a database in memory.</summary>
internal sealed class OpenIddictProvider : Provider
{
    private readonly WebApplication host;

    private OpenIddictProvider(WebApplication host) => this.host = host;

    public override Uri Issuer => new(host.Urls.Single() + "/");

    public static async Task<OpenIddictProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder
            .WebHost.UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(Certificates.Server, ReadCertificates))
            );
        string database = Guid.NewGuid().ToString();
        builder.Services.AddDbContext<DbContext>(options => options.UseInMemoryDatabase(database).UseOpenIddict());
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
        builder
            .Services.AddOpenIddict()
            // The database in memory has no bulk operations.
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<DbContext>().DisableBulkOperations())
            .AddServer(Configure);
        var app = builder.Build();
        app.UseAuthentication();
        await app.StartAsync();
        return new(app);
    }

    public override async Task AddAsync(JsonObject client)
    {
        OpenIddictApplicationDescriptor application = new()
        {
            ClientId = (string)client["client_id"]!,
            ClientSecret = (string?)client["client_secret"],
            ClientType = (string?)client["token_endpoint_auth_method"] is "none" ? ClientTypes.Public : ClientTypes.Confidential,
            ConsentType = ConsentTypes.Explicit,
            JsonWebKeySet = client["jwks"] is { } keys ? new(keys.ToJsonString()) : null,
            Permissions = { Permissions.ResponseTypes.Code },
        };
        if ((bool?)client["require_pushed_authorization_requests"] is true)
            application.Requirements.Add(Requirements.Features.PushedAuthorizationRequests);
        application.RedirectUris.UnionWith(client["redirect_uris"]!.AsArray().Select(uri => new Uri((string)uri!)));
        application.PostLogoutRedirectUris.UnionWith(client["post_logout_redirect_uris"]!.AsArray().Select(uri => new Uri((string)uri!)));
        application.Permissions.UnionWith(client["grant_types"]!.AsArray().Select(type => Permissions.Prefixes.GrantType + (string)type!));
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>().CreateAsync(application);
    }

    public override ValueTask DisposeAsync() => host.DisposeAsync();

    private static void ReadCertificates(HttpsConnectionAdapterOptions https)
    {
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        // OpenIddict decides to which client a certificate belongs.
        https.AllowAnyClientCertificate();
    }

    private static void Configure(OpenIddictServerBuilder server)
    {
        server
            .SetAuthorizationEndpointUris("authorize")
            .SetPushedAuthorizationEndpointUris("push")
            .SetTokenEndpointUris("token")
            .SetUserInfoEndpointUris("userinfo")
            .SetRevocationEndpointUris("revoke")
            .SetIntrospectionEndpointUris("introspect")
            .SetEndSessionEndpointUris("logout")
            .SetDeviceAuthorizationEndpointUris("device")
            .SetEndUserVerificationEndpointUris("verify")
            .AllowAuthorizationCodeFlow()
            .AllowRefreshTokenFlow()
            .AllowClientCredentialsFlow()
            .AllowTokenExchangeFlow()
            .AllowDeviceAuthorizationFlow()
            .AllowCustomFlow(OpenIddictHandlers.CustomGrantType)
            .RequireProofKeyForCodeExchange()
            .EnableSelfSignedTlsClientAuthentication()
            .RegisterScopes(Scopes.Profile, Scopes.Email, Scopes.OfflineAccess, "photos.read", "mail.read")
            .RegisterResources("https://api.example.com/photos", "https://api.example.com/mail")
            .IgnoreEndpointPermissions()
            .IgnoreScopePermissions()
            .IgnoreResourcePermissions()
            .SetAccessTokenLifetime(TimeSpan.FromMinutes(10))
            // A refresh token that is used again ends the grant at once.
            .SetRefreshTokenReuseLeeway(TimeSpan.Zero)
            .AddEphemeralSigningKey()
            .AddEphemeralEncryptionKey()
            .UseAspNetCore();
        OpenIddictHandlers.Add(server);
    }
}
