using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OAuthClient.AspNetCore;

namespace OAuthClient.Interop;

/// <summary>A client as the provider knows it, and its registration in the library.</summary>
internal sealed class RelyingParty : IAsyncDisposable
{
    public const string Callback = "http://127.0.0.1:5005/callback";
    public const string SignedOut = "http://127.0.0.1:5005/signed-out";
    public static readonly GrantOwner Owner = GrantOwner.User("42");

    // Tests form-encoding before Basic (RFC 6749 §2.3.1). Only ASCII, since the provider requires printable ASCII (appendix A.2).
    public const string Secret = "a colon : an & a + a % a %41 a quote \" in a secret long enough for HS256";

    private static int clients;

    private readonly IAsyncDisposable running;

    private readonly IServiceCollection? registrations;

    private RelyingParty(Provider provider, IServiceProvider services, IAsyncDisposable running, IServiceCollection? registrations = null)
    {
        Provider = provider;
        Services = services;
        this.running = running;
        this.registrations = registrations;
    }

    public Provider Provider { get; }
    public IServiceProvider Services { get; }
    public string ClientId => Services.GetRequiredService<IOptions<OAuthClientOptions>>().Value.ClientId;
    public IOAuthClient Client => Services.GetRequiredService<IOAuthClient>();

    /// <param name="metadata">The client's metadata in addition to the common ones; null for a client that the provider does not
    /// know.</param>
    /// <param name="options">Changes the registration in the library.</param>
    /// <param name="register">Adds more services.</param>
    /// <param name="server">The shared provider.</param>
    /// <param name="provider">A provider other than the shared one.</param>
    public static async Task<RelyingParty> StartAsync(
        JsonObject? metadata = null,
        Action<OAuthClientOptions>? options = null,
        Action<OAuthClientBuilder>? register = null,
        ServerKind server = ServerKind.OidcProvider,
        Provider? provider = null
    )
    {
        provider ??= await SharedProviders.RequireAsync(server);
        string id = $"client {Interlocked.Increment(ref clients)}";
        await provider.AddAsync(Metadata(id, metadata));
        ServiceCollection registered = new();
        var builder = registered.AddOAuthClient(o => Describe(o, provider, id, options));
        if (provider.Issuer.Scheme == Uri.UriSchemeHttps)
            builder.BackChannel.ConfigurePrimaryHttpMessageHandler(Certificates.Network);
        register?.Invoke(builder);
        var services = registered.BuildServiceProvider();
        return new(provider, services, services, registered);
    }

    /// <summary>Starts a client that the provider does not know and that registers itself.</summary>
    /// <param name="configure">Describes the registration.</param>
    /// <param name="options">Changes the options of the client.</param>
    public static async Task<RelyingParty> StartUnregisteredAsync(
        Action<DynamicRegistrationOptions> configure,
        Action<OAuthClientOptions>? options = null
    )
    {
        var provider = await SharedProviders.RequireAsync(ServerKind.OidcProvider);
        ServiceCollection registered = new();
        registered
            .AddOAuthClient(o =>
            {
                Describe(o, provider, "");
                o.ClientSecret = null;
                options?.Invoke(o);
            })
            .RegisterDynamically(configure);
        var services = registered.BuildServiceProvider();
        return new(provider, services, services);
    }

    /// <summary>Starts a client that is a web application, which the provider can call.</summary>
    public static async Task<RelyingParty> StartWebAsync()
    {
        var provider = await SharedProviders.RequireAsync(ServerKind.OidcProvider);
        string id = $"client {Interlocked.Increment(ref clients)}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddOAuthClient(o => Describe(o, provider, id)).AddBrowserAuthorization();
        var app = builder.Build();
        app.MapBackChannelLogout("/logout");
        await app.StartAsync();
        await provider.AddAsync(
            Metadata(
                id,
                new() { ["backchannel_logout_uri"] = app.Urls.Single() + "/logout", ["backchannel_logout_session_required"] = true }
            )
        );
        return new(provider, app.Services, app);
    }

    /// <summary>Completes an authorization as Alice.</summary>
    public async Task<Grant> SignInAsync(Visitor? visitor = null)
    {
        using Visitor alone = new();
        var pending = await Client.BeginAuthorizationAsync(new() { Prompt = "consent" });
        var response = await (visitor ?? alone).AuthorizeAsync(pending.AuthorizationUri);
        return await Client.CompleteAuthorizationAsync(pending, response, Owner);
    }

    /// <summary>Starts another node of the application, which shares no memory with the first.</summary>
    public ServiceProvider StartNode() => registrations!.BuildServiceProvider();

    public async ValueTask DisposeAsync() => await running.DisposeAsync();

    private static void Describe(OAuthClientOptions o, Provider provider, string id, Action<OAuthClientOptions>? options = null)
    {
        o.Issuer = provider.Issuer;
        o.ClientId = id;
        o.ClientSecret = Secret;
        o.RedirectUri = new(Callback);
        o.PostLogoutRedirectUri = new(SignedOut);
        o.Scopes = ["openid", "profile", "email", "offline_access"];
        o.DangerouslyAllowHttpOnLoopback = true;
        provider.Configure(o);
        options?.Invoke(o);
    }

    private static JsonObject Metadata(string id, JsonObject? own)
    {
        JsonObject metadata = new()
        {
            ["client_id"] = id,
            ["client_secret"] = Secret,
            ["redirect_uris"] = new JsonArray(Callback),
            ["post_logout_redirect_uris"] = new JsonArray(SignedOut),
            ["grant_types"] = new JsonArray("authorization_code", "refresh_token"),
            ["response_types"] = new JsonArray("code"),
        };
        foreach (var (name, value) in own ?? [])
        {
            if (value is null)
                metadata.Remove(name);
            else
                metadata[name] = value.DeepClone();
        }
        return metadata;
    }
}
