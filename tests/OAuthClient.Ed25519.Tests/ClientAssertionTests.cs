using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Ed25519.Tests;

/// <summary>Tests clients that sign with an Ed25519 key, at a server that verifies it (RFC 7523 §2.2, RFC 9101, RFC 8037 §3.1).</summary>
[TestFixture]
public sealed class ClientAssertionTests
{
    private const string Key = "ClientAssertion:PrivateKey";

    [TestCase(SampleKeys.Pem, null, "EdDSA")]
    [TestCase(SampleKeys.Pem, "Ed25519", "Ed25519")]
    [TestCase(SampleKeys.PrivateJwk, null, "EdDSA")]
    [Description("OpenID Connect Core §9: private_key_jwt with a key in the options, for every request of the client")]
    public async Task A_key_in_the_options_authenticates_the_client(string key, string? algorithm, string expected)
    {
        await using var host = await StartAsync(key, o => (o.ClientAssertion.Algorithm, o.ClientAssertion.KeyId) = (algorithm, "key-1"));
        await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        await host.Client.RevokeAsync(GrantOwner.User("42"));

        var requests = host.Server.Requests.Where(request => request.Form.ContainsKey("client_assertion")).ToList();
        Assert.That(requests.Select(request => request.ResponseStatus), Is.All.EqualTo(200));
        Assert.That(requests.Select(request => Header(request).GetProperty("alg").GetString()), Is.All.EqualTo(expected));
        Assert.That(requests.Select(request => Header(request).GetProperty("kid").GetString()), Is.All.EqualTo("key-1"));
        Assert.That(requests, Has.Count.GreaterThan(2));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Description("RFC 9101 §5.2, RFC 9126 §3: a signed request object, in the address and pushed")]
    public async Task A_signed_request(bool isPushed)
    {
        await using var host = await StartAsync(
            SampleKeys.Pem,
            o => o.SignedAuthorizationRequests = true,
            o => (o.RequireSignedAuthorizationRequests, o.RequirePushedAuthorizationRequests) = (true, isPushed)
        );

        Assert.That((await host.SignInAsync()).Owner, Is.EqualTo(GrantOwner.User("42")));
    }

    [TestCase("alg", "RS256")]
    [TestCase("alg", "Ed25519")]
    [TestCase("use", "enc")]
    [TestCase("crv", "X25519")]
    [TestCase("kty", "EC")]
    [TestCase("x", "AAAA")]
    [TestCase("x", SampleKeys.X)]
    [Description("RFC 7523 §3: the server accepts no assertion that another key verifies")]
    public async Task A_server_with_another_key_rejects_the_assertion(string member, string value)
    {
        await using var host = await StartAsync(SampleKeys.Pem);
        host.Server.AddClient(Client(SampleKeys.PublicJwkOfPem, key => key[member] = value));

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<TokenEndpointException>().With.Message.Contains("invalid_client")
        );
    }

    [Test]
    [Description("A key that the configuration replaces is in use without a restart")]
    public async Task A_key_in_the_configuration_is_replaced_without_a_restart()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [Key] = SampleKeys.Pem })
            .Build();
        await using var host = await StartAsync(
            key: null,
            register: builder => builder.Services.Configure<OAuthClientOptions>(builder.Name, configuration)
        );
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        host.Server.AddClient(Client(SampleKeys.PublicJwk));
        configuration[Key] = SampleKeys.PrivateJwk;
        configuration.Reload();
        host.Clock.Advance(TimeSpan.FromHours(2));

        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client), Throws.Nothing);
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("A delegate replaces the key at once; it needs no registration of the algorithm")]
    public async Task A_key_of_a_delegate_is_replaced_at_once()
    {
        var key = Ed25519SigningKey.Parse(SampleKeys.Pem);
        await using var host = await StartAsync(key: null, register: builder => builder.UseClientSigner(_ => key), isRegistered: false);
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        key = Ed25519SigningKey.Create();
        host.Server.AddClient(Client(key.PublicJwk));
        host.Clock.Advance(TimeSpan.FromHours(2));

        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client), Throws.Nothing);
    }

    [TestCase(SampleKeys.Pem)]
    [TestCase(SampleKeys.PrivateJwk)]
    [Description("Without the registration the options are not valid, and the message names the package and the call")]
    public async Task Without_the_registration_the_message_names_it(string key)
    {
        await using var host = await StartAsync(key, isRegistered: false);

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws
                .TypeOf<OptionsValidationException>()
                .With.Message.Contains("ClientAssertion.PrivateKey: The key is an Ed25519 key: add the package OAuthClient.Ed25519")
                .And.Message.Contains("services.AddOAuthClientEd25519()")
        );
    }

    [Test]
    [Description("RFC 8037 §3.1: the options state an algorithm that the key does not have")]
    public async Task Another_algorithm_is_reported()
    {
        await using var host = await StartAsync(SampleKeys.Pem, o => o.ClientAssertion.Algorithm = "ES256");

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("ClientAssertion.PrivateKey: An Ed25519 key")
        );
    }

    [TestCase("Ed25519")]
    [TestCase("EdDSA")]
    [Description("RFC 7591 §2: a client registers its public key, and the algorithm of ID Tokens that the server offers")]
    public async Task A_client_registers_its_key_and_algorithm(string offered)
    {
        await using var host = await StartAsync(
            SampleKeys.Pem,
            o => (o.ClientId, o.Scopes) = ("", ["openid"]),
            o =>
            {
                o.AllowRegistration = true;
                o.OnMetadata = metadata => metadata["id_token_signing_alg_values_supported"] = new JsonArray(offered);
            },
            builder => builder.RegisterDynamically()
        );
        var grant = await host.SignInAsync();

        var registered = host.Server.Clients.Single(client => client.ClientId == grant.ClientId);
        Assert.That(registered.IdTokenSigningAlgorithm, Is.EqualTo(offered));
        Assert.That((string?)registered.PublicKeys!["keys"]![0]!["kty"], Is.EqualTo("OKP"));
        Assert.That(grant.Subject, Is.EqualTo("alice"));
    }

    private static async Task<OAuthTestHost> StartAsync(
        string? key,
        Action<OAuthClientOptions>? options = null,
        Action<TestAuthorizationServerOptions>? server = null,
        Action<OAuthClientBuilder>? register = null,
        bool isRegistered = true
    )
    {
        var host = await OAuthTestHost.StartAsync(
            o =>
            {
                (o.ClientSecret, o.ClientAuthentication) = (null, ClientAuthenticationMethod.PrivateKeyJwt);
                o.ClientAssertion.PrivateKey = key;
                options?.Invoke(o);
            },
            builder =>
            {
                // After AddOAuthClient, unlike in the other tests.
                if (isRegistered)
                    builder.Services.AddOAuthClientEd25519().AddOAuthClientEd25519();
                register?.Invoke(builder);
            },
            server: o =>
            {
                o.Ed25519 = new TestEd25519();
                server?.Invoke(o);
            }
        );
        host.Server.AddClient(Client(key == SampleKeys.PrivateJwk ? SampleKeys.PublicJwk : SampleKeys.PublicJwkOfPem));
        return host;
    }

    private static TestClient Client(string publicJwk, Action<JsonObject>? change = null)
    {
        var jwk = JsonNode.Parse(publicJwk)!.AsObject();
        (jwk["kid"], jwk["use"]) = ("key-1", "sig");
        change?.Invoke(jwk);
        return new()
        {
            ClientId = OAuthTestHost.ClientName,
            AuthenticationMethod = "private_key_jwt",
            PublicKeys = new() { ["keys"] = new JsonArray(jwk) },
            RedirectUris = { OAuthTestHost.Callback },
        };
    }

    private static JsonElement Header(RecordedRequest request)
    {
        string header = request.Form["client_assertion"].Split('.')[0];
        return JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(header));
    }
}
