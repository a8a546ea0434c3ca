using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Logins with ID Tokens that are signed with the client secret, or encrypted for the client (OpenID Connect Core §10.1, §10.2, §16.14).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwtSignatureValidatorTests
{
    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (8), §10.1: HS256 where it was agreed on, with the client secret; the server's keys are not even asked for")]
    public async Task Signed_with_the_client_secret()
    {
        await using var bench = await StartAsync("HS256");
        Rewrite(bench, compact => Hmac(compact, Encoding.UTF8.GetBytes(OAuthTestHost.ClientSecret)));

        Assert.That((await bench.SignInAsync()).Subject, Is.EqualTo("alice"));
        Assert.That(bench.Server.RequestsTo(TestEndpoint.Jwks), Is.Empty);
    }

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (7): HS256 that was not agreed on is refused, though the secret is right")]
    public async Task Signed_with_the_client_secret_without_agreement()
    {
        await using var bench = await StartAsync();
        Rewrite(bench, compact => Hmac(compact, Encoding.UTF8.GetBytes(OAuthTestHost.ClientSecret)));
        await RefusedAsync(bench, "signed by 'HS256'");
    }

    [TestCase("HS256")]
    [TestCase("RS256,HS256")]
    [Description("RFC 8725 §2.1: where HS256 was agreed on too, the server's public key still signs nothing")]
    public async Task Signed_with_a_public_key(string algorithms)
    {
        await using var bench = await StartAsync(algorithms);
        byte[] published = await bench.Services.GetRequiredService<IHttpClientFactory>().CreateClient().GetByteArrayAsync(bench.Server.JwksUri);
        Rewrite(bench, compact => Hmac(compact, published));
        await RefusedAsync(bench, "does not verify with the client secret");
    }

    [TestCase("RSA-OAEP", "A128CBC-HS256")]
    [TestCase("RSA-OAEP-256", "A256GCM")]
    [TestCase("ECDH-ES", "A128GCM")]
    [TestCase("ECDH-ES+A128KW", "A256CBC-HS512")]
    [Description("OpenID Connect Core §10.2: signed, then encrypted; what is kept is the signed token, which a server takes back as a hint (§3.1.2.1)")]
    public async Task Encrypted(string algorithm, string encryption)
    {
        using var ec = System.Security.Cryptography.ECDiffieHellman.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        await using var bench = await StartAsync(options: o => o.DecryptionKeys = [DecryptionKeyTexts.Pem, DecryptionKeyTexts.Jwk(ec)]);
        string? inside = null;
        Rewrite(bench, compact => TestJwe.Encrypt(inside = compact, algorithm.StartsWith('E') ? ec : DecryptionKeyTexts.Rsa, algorithm, encryption));

        var grant = await bench.SignInAsync();
        Assert.That(grant.Subject, Is.EqualTo("alice"));
        Assert.That(grant.IdToken!.Reveal(), Is.EqualTo(inside));
        Assert.That(grant.IdTokenClaims!.Value.GetProperty("sub").GetString(), Is.EqualTo("alice"));

        bench.Clock.Advance(TimeSpan.FromHours(2));
        await bench.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That((await bench.Client.FindGrantAsync(GrantOwner.User("42")))!.IdToken!.Reveal(), Is.EqualTo(inside).And.Not.EqualTo(grant.IdToken.Reveal()), "refreshed ones too");
    }

    [Test]
    [Description("OpenID Connect Core §12.2: one that is encrypted anew at each refresh, and is the first inside, is the first; one that cannot be opened costs only itself")]
    public async Task Encrypted_and_refreshed()
    {
        await using var bench = await StartAsync(options: o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
        Rewrite(bench, compact => TestJwe.Encrypt(compact, DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"));
        var grant = await bench.SignInAsync();
        string again = TestJwe.Encrypt(grant.IdToken!.Reveal(), DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM");
        foreach (string token in new[] { again, again[..^6] + "AAAAAA", TestJwe.Encrypt("", DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM") })
        {
            bench.Clock.Advance(TimeSpan.FromHours(2));
            Rewrite(bench, _ => token);
            Assert.That(await bench.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.Not.Null);
            Assert.That((await bench.Client.FindGrantAsync(GrantOwner.User("42")))!.IdToken, Is.EqualTo(grant.IdToken));
        }
        Assert.That(bench.Log.Events(6), Has.Count.EqualTo(2), "and it is said");

        bench.Clock.Advance(TimeSpan.FromHours(2));
        Rewrite(bench, _ => "e30.A.A.A.A");
        Assert.That(async () => await bench.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<OAuthProtocolException>(), "what was never agreed on is no matter of keys");
    }

    [Test]
    [Description("RFC 8725 §2.3: encryption says nothing of who encrypted; inside must be a signature of the server's")]
    public async Task Encrypted_but_not_signed()
    {
        await using var bench = await StartAsync(options: o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
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
            Rewrite(bench, compact => TestJwe.Encrypt(inside(compact), DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"));
            await RefusedAsync(bench, "ID Token");
        }
    }

    [Test]
    [Description("A key that is replaced in the configuration opens what comes next, without a restart")]
    public async Task Keys_are_reloaded()
    {
        using var other = System.Security.Cryptography.RSA.Create(2048);
        string written = DecryptionKeyTexts.Jwk(other);
        await using var bench = await StartAsync(options: o => o.DecryptionKeys = [written]);
        Rewrite(bench, compact => TestJwe.Encrypt(compact, DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"));
        await RefusedAsync(bench, "None of the DecryptionKeys");

        written = DecryptionKeyTexts.Pem;
        bench.Services.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>().Clear();
        Assert.That((await bench.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    private static Task<OAuthTestHost> StartAsync(string? algorithms = null, Action<OAuthClientOptions>? options = null) => OAuthTestHost.StartAsync(o =>
    {
        o.Scopes = ["openid", "offline_access"];
        if (algorithms is not null)
            o.IdTokenSigningAlgorithms = algorithms.Split(',');
        options?.Invoke(o);
    });

    private static void Rewrite(OAuthTestHost bench, Func<string, string> change) =>
        bench.Server.Options.OnTokenResponse = response => response["id_token"] = change((string)response["id_token"]!);

    private static string Hmac(string compact, byte[] key) => TestKey.SignByHmac(
        key, "{\"alg\":\"HS256\"}", Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(compact.Split('.')[1])));

    private static async Task RefusedAsync(OAuthTestHost bench, string words)
    {
        Assert.That(async () => await bench.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words));
        Assert.That(await bench.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }
}
