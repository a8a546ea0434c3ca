using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests logins with ID Tokens that are signed with the client secret or encrypted for the client (OpenID Connect Core §10.1, §10.2,
/// §16.14).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwtSignatureValidatorTests
{
    [Test]
    [Description(
        "OpenID Connect Core §3.1.3.7 (8), §10.1: an allowed HS256 signature is verified with the client secret, and the "
            + "server's keys are not requested"
    )]
    public async Task A_signature_with_the_client_secret_is_accepted()
    {
        await using var host = await StartAsync("HS256");
        Rewrite(host, compact => Hmac(compact, Encoding.UTF8.GetBytes(OAuthTestHost.ClientSecret)));

        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Jwks), Is.Empty);
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (7): HS256 is rejected when it is not allowed, although the secret is right")]
    public async Task HS256_is_rejected_unless_it_is_allowed()
    {
        await using var host = await StartAsync();
        Rewrite(host, compact => Hmac(compact, Encoding.UTF8.GetBytes(OAuthTestHost.ClientSecret)));
        await RefusedAsync(host, "signed with 'HS256'");
    }

    [TestCase("HS256")]
    [TestCase("RS256,HS256")]
    [Description("RFC 8725 §2.1: the server's public key is not accepted as the HMAC secret, also when HS256 is allowed")]
    public async Task A_public_key_is_not_accepted_as_the_secret(string algorithms)
    {
        await using var host = await StartAsync(algorithms);
        byte[] published = await host
            .Services.GetRequiredService<IHttpClientFactory>()
            .CreateClient()
            .GetByteArrayAsync(host.Server.JwksUri);
        Rewrite(host, compact => Hmac(compact, published));
        await RefusedAsync(host, "does not verify with the client secret");
    }

    [TestCase("RSA-OAEP", "A128CBC-HS256")]
    [TestCase("RSA-OAEP-256", "A256GCM")]
    [TestCase("ECDH-ES", "A128GCM")]
    [TestCase("ECDH-ES+A128KW", "A256CBC-HS512")]
    [Description(
        "OpenID Connect Core §10.2: an encrypted ID Token is decrypted, and the signed token is stored for id_token_hint (§3.1.2.1)"
    )]
    public async Task An_encrypted_ID_Token_is_stored_as_the_signed_one(string algorithm, string encryption)
    {
        using var ec = System.Security.Cryptography.ECDiffieHellman.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        await using var host = await StartAsync(options: o => o.DecryptionKeys = [DecryptionKeyTexts.Pem, DecryptionKeyTexts.Jwk(ec)]);
        string? inside = null;
        Rewrite(
            host,
            compact => TestJwe.Encrypt(inside = compact, algorithm.StartsWith('E') ? ec : DecryptionKeyTexts.Rsa, algorithm, encryption)
        );

        var grant = await host.SignInAsync();
        Assert.That(grant.Subject, Is.EqualTo("alice"));
        Assert.That(grant.IdToken!.Reveal(), Is.EqualTo(inside));
        Assert.That(grant.IdTokenClaims!.Value.GetProperty("sub").GetString(), Is.EqualTo("alice"));

        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(
            (await host.Client.FindGrantAsync(GrantOwner.User("42")))!.IdToken!.Reveal(),
            Is.EqualTo(inside).And.Not.EqualTo(grant.IdToken.Reveal()),
            "refreshed tokens as well"
        );
    }

    [Test]
    [Description(
        "OpenID Connect Core §12.2: a refreshed ID Token that is encrypted again is accepted; one that cannot be "
            + "decrypted is discarded, and the refresh succeeds"
    )]
    public async Task A_refreshed_ID_Token_may_be_encrypted()
    {
        await using var host = await StartAsync(options: o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
        Rewrite(host, compact => TestJwe.Encrypt(compact, DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"));
        var grant = await host.SignInAsync();
        string again = TestJwe.Encrypt(grant.IdToken!.Reveal(), DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM");
        foreach (
            string token in new[]
            {
                again,
                again[..^6] + "AAAAAA",
                TestJwe.Encrypt("", DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"),
                "e30.A.A.A.A",
            }
        )
        {
            host.Clock.Advance(TimeSpan.FromHours(2));
            Rewrite(host, _ => token);
            Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.Not.Null);
            Assert.That((await host.Client.FindGrantAsync(GrantOwner.User("42")))!.IdToken, Is.EqualTo(grant.IdToken));
        }
        Assert.That(host.Log.Events(305), Has.Count.EqualTo(1), "the discarded token is logged once for a grant");
    }

    [Test]
    [Description("OpenID Connect Core §12.2: a refreshed ID Token of another user is recognized although it is encrypted")]
    public async Task An_encrypted_ID_Token_of_another_user_ends_the_grant()
    {
        await using var host = await StartAsync(options: o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
        Rewrite(host, compact => TestJwe.Encrypt(compact, DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"));
        await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        host.Server.Options.OnIdTokenClaims = claims => claims["sub"] = "mallory";
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("RFC 8725 §2.3: encryption does not authenticate the sender, so the decrypted token must have the server's signature")]
    public async Task An_encrypted_ID_Token_must_be_signed()
    {
        await using var host = await StartAsync(options: o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
        Func<string, string>[] insides =
        [
            compact => $"{TestKey.Encode("{\"alg\":\"none\"}")}.{compact.Split('.')[1]}.",
            compact => Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(compact.Split('.')[1])),
            compact => $"{compact.Split('.')[0]}.{compact.Split('.')[1]}.AAAA",
            compact => TestJwe.Encrypt(compact, DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"),
            _ => "",
        ];
        foreach (var inside in insides)
        {
            Rewrite(host, compact => TestJwe.Encrypt(inside(compact), DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"));
            await RefusedAsync(host, "ID Token");
        }
    }

    [Test]
    [Description("A decryption key that is replaced in the configuration is used without a restart")]
    public async Task Replaced_decryption_keys_are_used_without_a_restart()
    {
        using var other = System.Security.Cryptography.RSA.Create(2048);
        string written = DecryptionKeyTexts.Jwk(other);
        await using var host = await StartAsync(options: o => o.DecryptionKeys = [written]);
        Rewrite(host, compact => TestJwe.Encrypt(compact, DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"));
        await RefusedAsync(host, "None of the DecryptionKeys");

        written = DecryptionKeyTexts.Pem;
        host.Services.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>().Clear();
        Assert.That((await host.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    private static Task<OAuthTestHost> StartAsync(string? algorithms = null, Action<OAuthClientOptions>? options = null) =>
        OAuthTestHost.StartAsync(o =>
        {
            o.Scopes = ["openid", "offline_access"];
            if (algorithms is not null)
                o.IdTokenSigningAlgorithms = algorithms.Split(',');
            options?.Invoke(o);
        });

    private static void Rewrite(OAuthTestHost host, Func<string, string> change) =>
        host.Server.Options.OnTokenResponse = response => response["id_token"] = change((string)response["id_token"]!);

    private static string Hmac(string compact, byte[] key) =>
        TestKey.SignByHmac(
            key,
            "{\"alg\":\"HS256\"}",
            Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(compact.Split('.')[1]))
        );

    private static async Task RefusedAsync(OAuthTestHost host, string words)
    {
        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words));
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }
}
