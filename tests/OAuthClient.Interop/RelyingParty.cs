using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>A client as the provider knows it, and the library registered for it.</summary>
internal sealed class RelyingParty : IAsyncDisposable
{
    public const string Callback = "http://127.0.0.1:5005/callback";
    public const string Owner = "42";

    // What form-encoding before Basic is for (RFC 6749 §2.3.1). No ü: the provider keeps to appendix A.2, by which a secret is printable ASCII.
    public const string Secret = "a colon : an & a + a % a %41 a quote \" in a secret long enough for HS256";

    private readonly ServiceProvider services;

    private RelyingParty(CertifiedProvider provider, ServiceProvider services)
    {
        Provider = provider;
        this.services = services;
    }

    public CertifiedProvider Provider { get; }
    public IServiceProvider Services => services;
    public IOAuthClient Client => services.GetRequiredService<IOAuthClient>();

    /// <param name="metadata">The client's metadata beyond what every one has; null for a client that the provider is not told of.</param>
    /// <param name="options">The registration here, beyond what every one has.</param>
    /// <param name="register">More of it.</param>
    /// <param name="provider">Another one than the shared.</param>
    public static async Task<RelyingParty> StartAsync(
        JsonObject? metadata = null, Action<OAuthClientOptions>? options = null, Action<OAuthClientBuilder>? register = null, CertifiedProvider? provider = null)
    {
        provider ??= await SharedProvider.RequireAsync();
        string id = "client " + TestContext.CurrentContext.Test.ID;
        await provider.AddAsync(Merged(
            new JsonObject
            {
                ["client_id"] = id,
                ["client_secret"] = Secret,
                ["redirect_uris"] = new JsonArray(Callback),
                ["grant_types"] = new JsonArray("authorization_code", "refresh_token"),
                ["response_types"] = new JsonArray("code"),
            },
            metadata));
        ServiceCollection registered = new();
        var builder = registered.AddOAuthClient(o =>
        {
            o.Issuer = WithoutSlash(provider.Issuer);
            o.ClientId = id;
            o.ClientSecret = Secret;
            o.RedirectUri = new(Callback);
            o.Scopes = ["openid", "profile", "email", "offline_access"];
            o.DangerouslyAllowHttpOnLoopback = true;
            options?.Invoke(o);
        });
        register?.Invoke(builder);
        return new(provider, registered.BuildServiceProvider());
    }

    /// <summary>The whole dance, with Alice at the other end.</summary>
    public async Task<Grant> SignInAsync(Visitor? visitor = null)
    {
        using Visitor alone = new();
        var pending = await Client.BeginAuthorizationAsync(new() { Prompt = "consent" });
        var callback = await (visitor ?? alone).GoAsync(pending.AuthorizationUri);
        return await Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), Owner);
    }

    public async ValueTask DisposeAsync() => await services.DisposeAsync();

    private static Uri WithoutSlash(Uri issuer) => new(issuer.OriginalString.TrimEnd('/'));

    private static JsonObject Merged(JsonObject common, JsonObject? own)
    {
        foreach (var (name, value) in own ?? [])
        {
            if (value is null)
                common.Remove(name);
            else
                common[name] = value.DeepClone();
        }
        return common;
    }
}
