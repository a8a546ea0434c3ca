using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;
using static OAuthClient.Tests.Refusals;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the options for servers whose ID Tokens deviate (OpenID Connect Core §3.1.3.7): further audiences, no nonce, and other
/// clocks.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class IdTokenDeviationTests
{
    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (3): a further audience is accepted if TrustedAudiences lists it, and rejected otherwise")]
    public async Task A_further_audience_is_accepted_if_it_is_trusted([Values] bool isTrusted)
    {
        await using var host = await StartAsync(
            o => o.TrustedAudiences = isTrusted ? ["project-1", "api"] : ["project-1"],
            claims => claims["aud"] = new JsonArray(OAuthTestHost.ClientName, "project-1", "api")
        );
        Assert.That(
            async () => await host.SignInAsync(),
            isTrusted ? Throws.Nothing : Refusal("further audiences", "'api'", "TrustedAudiences")
        );
    }

    [TestCase(OAuthTestHost.ClientName, true)]
    [TestCase(null, true)]
    [TestCase("project-1", false)]
    [TestCase("another-client", false)]
    [Description("OpenID Connect Core §3.1.3.7 (4), (5): azp, if present, names this client, also beside trusted audiences")]
    public async Task The_authorized_party_is_this_client(string? authorizedParty, bool isAccepted)
    {
        await using var host = await StartAsync(
            o => o.TrustedAudiences = ["project-1"],
            claims =>
            {
                claims["aud"] = new JsonArray("project-1", OAuthTestHost.ClientName);
                claims["azp"] = authorizedParty;
            }
        );
        Assert.That(async () => await host.SignInAsync(), isAccepted ? Throws.Nothing : Refusal("azp names another client"));
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (3): a trusted audience alone is not enough; the client itself must be an audience")]
    public async Task A_trusted_audience_does_not_replace_the_client()
    {
        await using var host = await StartAsync(o => o.TrustedAudiences = ["project-1"], claims => claims["aud"] = "project-1");
        Assert.That(async () => await host.SignInAsync(), Refusal("aud does not name this client"));
    }

    [Test]
    [Description(
        "OpenID Connect Core §3.1.3.7 (11): with DangerouslyAcceptMissingNonce an ID Token without nonce is accepted, since PKCE prevents "
            + "the injection of a code; without the option the message names it"
    )]
    public async Task A_missing_nonce_is_accepted_only_by_the_option([Values] bool isAccepted)
    {
        await using var host = await StartAsync(
            o => o.Adaptation.DangerouslyAcceptMissingNonce = isAccepted,
            claims => claims.Remove("nonce")
        );
        Assert.That(async () => await host.SignInAsync(), isAccepted ? Throws.Nothing : Refusal("DangerouslyAcceptMissingNonce"));
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (11). Threat: code injection. A nonce that differs is rejected with each option")]
    public async Task Another_nonce_is_rejected_with_each_option()
    {
        await using var host = await StartAsync(
            o => (o.Adaptation.DangerouslyAcceptMissingNonce, o.Adaptation.DangerouslyAllowCodeInjection) = (true, true),
            claims => claims["nonce"] = "another"
        );
        Assert.That(async () => await host.SignInAsync(), Refusal("nonce is not the nonce of the authorization request"));
    }

    [Test]
    [Description(
        "RFC 9700 §4.5: a server that takes no PKCE and returns no nonce needs all three options; the start fails without the third one"
    )]
    public async Task A_server_without_PKCE_and_nonce_needs_three_options([Values] bool allowsInjection)
    {
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.Scopes = ["openid"];
                o.Adaptation.DangerouslyDisablePkce = true;
                o.Adaptation.DangerouslyAcceptMissingNonce = true;
                o.Adaptation.DangerouslyAllowCodeInjection = allowsInjection;
            },
            server: o => (o.RequirePkce, o.OnIdTokenClaims) = (false, claims => claims.Remove("nonce"))
        );
        Assert.That(
            async () => await host.SignInAsync(),
            allowsInjection
                ? Throws.Nothing
                : Throws.TypeOf<OptionsValidationException>().With.Message.Contains("DangerouslyAllowCodeInjection")
        );
    }

    [Test]
    [Description(
        "RFC 9700 §4.5. Threat: code injection. Without PKCE a missing nonce is accepted only if DangerouslyAllowCodeInjection is set too"
    )]
    public async Task A_missing_nonce_needs_PKCE([Values] bool usesPkce, [Values] bool allowsInjection)
    {
        await using var server = await TestAuthorizationServer.StartAsync(o => o.OnIdTokenClaims = claims => claims.Remove("nonce"));
        server.AddClient(
            new TestClient
            {
                ClientId = OAuthTestHost.ClientName,
                ClientSecret = OAuthTestHost.ClientSecret,
                RedirectUris = { OAuthTestHost.Callback },
            }
        );
        ServiceCollection services = new();
        services.AddOAuthClient(o =>
        {
            o.Issuer = server.Issuer;
            o.ClientId = OAuthTestHost.ClientName;
            o.ClientSecret = OAuthTestHost.ClientSecret;
            o.RedirectUri = new(OAuthTestHost.Callback);
            o.Scopes = ["openid"];
            o.DangerouslyAllowHttpOnLoopback = true;
            o.Adaptation.DangerouslyAcceptMissingNonce = true;
            o.Adaptation.DangerouslyAllowCodeInjection = allowsInjection;
        });
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();
        var pending = await client.BeginAuthorizationAsync();
        var response = AuthorizationResponse.Parse(await server.SignInAsync(pending.AuthorizationUri));
        var token = await client.CompleteAuthorizationAsync(pending, response, GrantOwner.User("42"));

        // The same token, validated for a request that used PKCE or did not.
        var configuration = SampleConfiguration.Create(o =>
        {
            o.Issuer = server.Issuer;
            o.JwksUri = server.JwksUri;
            o.TokenEndpoint = server.TokenEndpoint;
            o.ClientId = OAuthTestHost.ClientName;
            o.DangerouslyAllowHttpOnLoopback = true;
            o.Adaptation.DangerouslyAcceptMissingNonce = true;
            o.Adaptation.DangerouslyAllowCodeInjection = allowsInjection;
        });
        IdTokenRequirements requirements = new()
        {
            IsRequested = true,
            Nonce = "n",
            UsesPkce = usesPkce,
        };
        TokenResponse received = new(token.AccessToken!, null, token.IdToken, new Dictionary<string, JsonElement>());
        BackChannelClient backChannel = new(
            "",
            provider.GetRequiredService<IHttpClientFactory>(),
            TimeProvider.System,
            NullLogger.Instance
        );
        JwksCache keys = new(backChannel, TimeProvider.System, NullLogger.Instance);
        IdTokenValidator validator = new(new JwtSignatureValidator(keys), TimeProvider.System);

        Assert.That(
            async () => await validator.ValidateAsync(received, requirements, configuration, configuration.ConfiguredMetadata, default),
            usesPkce || allowsInjection ? Throws.Nothing : Refusal("DangerouslyAcceptMissingNonce")
        );
    }

    [TestCase("exp", -59, 60, true)]
    [TestCase("exp", -61, 60, false)]
    [TestCase("exp", -299, 300, true)]
    [TestCase("exp", -301, 300, false)]
    [TestCase("exp", -1, 0, false)]
    [TestCase("iat", 59, 60, true)]
    [TestCase("iat", 61, 60, false)]
    [TestCase("iat", 299, 300, true)]
    [TestCase("nbf", 299, 300, true)]
    [TestCase("nbf", 301, 300, false)]
    [Description(
        "RFC 7519 §4.1.4–4.1.6: the clocks may differ by ClockTolerance; the message states the claim, both times and the tolerance"
    )]
    public async Task The_clocks_may_differ_by_the_tolerance(string claim, int seconds, int tolerance, bool isAccepted)
    {
        await using var host = await StartAsync(
            o => o.ClockTolerance = TimeSpan.FromSeconds(tolerance),
            claims => claims[claim] = (long)claims["iat"]! + seconds
        );
        string now = host.Clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        Assert.That(
            async () => await host.SignInAsync(),
            isAccepted ? Throws.Nothing : Refusal($"({claim} is ", $"clock is at {now}", $"ClockTolerance is {tolerance} s")
        );
    }

    [TestCase(700, 10, true)]
    [TestCase(1300, 10, false)]
    [Description("OpenID Connect Core §3.1.3.7 (13): the tolerance applies to auth_time; the message states both times")]
    public async Task The_tolerance_applies_to_the_authentication_time(int ago, int tolerance, bool isAccepted)
    {
        await using var host = await StartAsync(
            o => o.ClockTolerance = TimeSpan.FromMinutes(tolerance),
            claims => claims["auth_time"] = (long)claims["iat"]! - ago
        );
        AuthorizationParameters parameters = new() { MaxAge = TimeSpan.FromMinutes(2) };
        Assert.That(
            async () => await host.SignInAsync(parameters: parameters),
            isAccepted ? Throws.Nothing : Refusal("max_age (120 s)", "(auth_time is ", "ClockTolerance is 600 s")
        );
    }

    [Test]
    [Description("RFC 8725 §3.1: each kind of JWT has its list of algorithms; the message names the option of the kind")]
    public async Task The_algorithms_are_accepted_by_kind([Values] bool isListed)
    {
        await using var host = await StartAsync(
            o =>
            {
                o.IdTokenSigningAlgorithms = ["RS256"];
                o.UserInfoSigningAlgorithms = isListed ? ["ES256"] : [];
            },
            _ => { },
            userInfoAlgorithm: "ES256"
        );
        var grant = await host.SignInAsync();

        Assert.That(
            async () => await host.Client.GetUserInfoAsync(grant.Owner),
            isListed ? Throws.Nothing : Refusal("signed with 'ES256'", "allows only RS256", "add it to UserInfoSigningAlgorithms")
        );
    }

    [Test]
    [Description("RFC 8725 §3.1: without an own list, those of ID Tokens apply to UserInfo, introspection and logout tokens")]
    public void The_algorithms_of_ID_tokens_are_the_default()
    {
        var configuration = SampleConfiguration.Create(o =>
        {
            o.IdTokenSigningAlgorithms = ["PS256"];
            o.IntrospectionSigningAlgorithms = ["ES384"];
            o.LogoutTokenSigningAlgorithms = ["RS512"];
        });
        Assert.That(
            new[] { JwtType.IdToken, JwtType.UserInfo, JwtType.Introspection, JwtType.LogoutToken }.Select(kind =>
                configuration.Algorithms.Of(kind).Single()
            ),
            Is.EqualTo(new[] { "PS256", "PS256", "ES384", "RS512" })
        );
    }

    [Test]
    [Description("RFC 7517 §5, over a socket: a key set with malformed and foreign keys before the signing key; the sign-in works")]
    public async Task A_key_set_with_malformed_keys_is_used([Values("RS256", "ES256")] string algorithm)
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => (o.Scopes, o.IdTokenSigningAlgorithms) = (["openid"], [algorithm]),
            registerFirst: services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug)),
            server: o => (o.PublishMalformedKeys, o.SigningAlgorithm) = (true, algorithm)
        );
        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
        Assert.That(host.Log.Events(121), Is.Not.Empty);
    }

    private static async Task<OAuthTestHost> StartAsync(
        Action<OAuthClientOptions> options,
        Action<JsonObject> claims,
        string? userInfoAlgorithm = null
    )
    {
        var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.Scopes = ["openid"];
                options(o);
            },
            server: o => o.OnIdTokenClaims = claims
        );
        if (userInfoAlgorithm is not null)
        {
            host.Server.RemoveClient(OAuthTestHost.ClientName);
            host.Server.AddClient(
                new TestClient
                {
                    ClientId = OAuthTestHost.ClientName,
                    ClientSecret = OAuthTestHost.ClientSecret,
                    RedirectUris = { OAuthTestHost.Callback },
                    UserInfoSigningAlgorithm = userInfoAlgorithm,
                }
            );
        }
        return host;
    }
}
