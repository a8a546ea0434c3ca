using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests registration, management, introspection and client certificates over real sockets.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationOverSocketsTests
{
    [Test]
    [Description("RFC 7591 §3: an issuer and an initial access token are sufficient for login, refresh and revocation")]
    public async Task A_registered_client_logs_in_refreshes_and_revokes()
    {
        await using var host = await OAuthTestHost.StartAsync(
            RemoveCredentials,
            builder => builder.RegisterDynamically(o => (o.ClientName, o.InitialAccessToken) = ("Photos", "initial-token")),
            server: o => (o.AllowRegistration, o.InitialAccessToken) = (true, "initial-token")
        );
        var grant = await host.SignInAsync();
        host.Server.ExpireAccessTokens();
        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        await host.Client.RevokeAsync(GrantOwner.User("42"));

        Assert.That(host.Server.RequestsTo(TestEndpoint.Registration), Has.Count.EqualTo(1));
        Assert.That(host.Server.Clients.Single(client => client.ClientId == grant.ClientId).DisplayName, Is.EqualTo("Photos"));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Metadata), Has.Count.AtMost(2), "new credentials do not invalidate the metadata");
    }

    [TestCase("RSA")]
    [TestCase("EC")]
    [Description("OpenID Connect Dynamic Client Registration §2: a private key in the options lets the server encrypt the ID Token")]
    public async Task A_registered_client_decrypts_the_ID_Token(string kind)
    {
        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                RemoveCredentials(o);
                (o.Scopes, o.DecryptionKeys) = (["openid"], [kind == "RSA" ? DecryptionKeyTexts.Pem : ec.ExportPkcs8PrivateKeyPem()]);
            },
            builder => builder.RegisterDynamically(),
            server: o => o.AllowRegistration = true
        );
        var grant = await host.SignInAsync();
        Assert.That(grant.Subject, Is.Not.Null);
        var registered = host.Server.Clients.Single(client => client.ClientId == grant.ClientId);
        Assert.That(registered.IdTokenEncryptionAlgorithm, Is.EqualTo(kind == "RSA" ? "RSA-OAEP-256" : "ECDH-ES+A128KW"));
    }

    [TestCase("ES256")]
    [TestCase("PS384")]
    [Description(
        "OpenID Connect Dynamic Client Registration §2: without configured algorithms the client registers a supported one that the server "
            + "offers, for signatures and encryption, and accepts it"
    )]
    public async Task A_registered_client_uses_the_algorithms_that_the_server_offers(string algorithm)
    {
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                RemoveCredentials(o);
                (o.Scopes, o.DecryptionKeys) = (["openid"], [DecryptionKeyTexts.Pem]);
            },
            builder => builder.RegisterDynamically(),
            server: o =>
            {
                o.AllowRegistration = true;
                o.OnMetadata = metadata =>
                {
                    metadata["id_token_signing_alg_values_supported"] = new JsonArray("EdDSA", algorithm);
                    metadata["id_token_encryption_alg_values_supported"] = new JsonArray("RSA1_5", "RSA-OAEP");
                    metadata["id_token_encryption_enc_values_supported"] = new JsonArray("A256GCM");
                };
            }
        );
        var grant = await host.SignInAsync();

        Assert.That(grant.Subject, Is.Not.Null);
        var registered = host.Server.Clients.Single(client => client.ClientId == grant.ClientId);
        Assert.That(
            (registered.IdTokenSigningAlgorithm, registered.IdTokenEncryptionAlgorithm, registered.IdTokenContentEncryptionAlgorithm),
            Is.EqualTo((algorithm, "RSA-OAEP", "A256GCM"))
        );
    }

    [Test]
    [Description("RFC 7592 §2, §3: a client is read, updated and deleted while the server rotates the registration access token")]
    public async Task A_client_is_managed_with_rotated_tokens()
    {
        await using var host = await OAuthTestHost.StartAsync(
            RemoveCredentials,
            builder => builder.RegisterDynamically(),
            server: o => (o.AllowRegistration, o.RotateRegistrationAccessTokens) = (true, true)
        );
        var registration = host.Services.GetRequiredKeyedService<DynamicRegistration>(OAuthTestHost.ClientName);
        var client = await registration.RegisterAsync();
        await registration.UpdateAsync();
        await registration.ReadAsync();
        Assert.That((await registration.UpdateAsync()).ClientId, Is.EqualTo(client.ClientId));
        await host.SignInAsync();
        await registration.DeleteAsync();
        Assert.That(host.Server.Clients.Select(known => known.ClientId), Has.None.EqualTo(client.ClientId));
    }

    [Test]
    [Description("RFC 7591 §3.2.1: when a secret expires it is renewed or the client is registered again, and token requests succeed")]
    public async Task Expiring_secrets_are_replaced()
    {
        await using var host = await OAuthTestHost.StartAsync(
            RemoveCredentials,
            builder => builder.RegisterDynamically(o => o.GrantTypes = ["authorization_code", "client_credentials"]),
            server: o => (o.AllowRegistration, o.ClientSecretLifetime) = (true, TimeSpan.FromDays(2))
        );
        for (int day = 0; day < 5; day++)
        {
            Assert.That(async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.Nothing);
            // Longer than the metadata may be used, so that no fetch in the background meets the change of the clock.
            host.Clock.Advance(TimeSpan.FromHours(47.5));
        }
    }

    [Test]
    [Description("RFC 6749 §5.2: a client that the server removed is registered again")]
    public async Task A_removed_client_is_registered_again()
    {
        await using var host = await OAuthTestHost.StartAsync(
            RemoveCredentials,
            builder => builder.RegisterDynamically(o => o.GrantTypes = ["authorization_code", "client_credentials"]),
            server: o => o.AllowRegistration = true
        );
        var registration = host.Services.GetRequiredKeyedService<DynamicRegistration>(OAuthTestHost.ClientName);
        string first = (await registration.RegisterAsync()).ClientId;
        host.Clock.Advance(TimeSpan.FromMinutes(11));
        host.Server.RemoveClient(first);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That((await registration.RegisterAsync()).ClientId, Is.Not.EqualTo(first));
    }

    [Test]
    [Description("RFC 7662 §2: an active, a revoked and an unknown token are introspected")]
    public async Task Tokens_are_introspected()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var introspection = host.Services.GetRequiredKeyedService<TokenIntrospection>(OAuthTestHost.ClientName);
        var grant = await host.SignInAsync();
        var token = await introspection.IntrospectAsync(grant.AccessToken!);
        Assert.That((token.IsActive, token.ClientId), Is.EqualTo((true, OAuthTestHost.ClientName)));
        Assert.That(token.Scopes, Is.EquivalentTo(grant.Scopes));
        Assert.That(token.ExpiresAt, Is.EqualTo(grant.AccessToken!.ExpiresAt).Within(TimeSpan.FromSeconds(1)));
        Assert.That((await introspection.IntrospectAsync(grant.RefreshToken!)).IsActive, Is.True);
        await host.Client.RevokeAsync(GrantOwner.User("42"));
        Assert.That((await introspection.IntrospectAsync(grant.AccessToken!)).IsActive, Is.False);
        Assert.That((await introspection.IntrospectAsync("never-issued")).IsActive, Is.False);
    }

    [Test]
    [Description("RFC 9701 §4: a signed response is verified with the published keys of the server")]
    public async Task Signed_introspection_responses_are_verified()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.SignedIntrospectionResponses = true);
        var introspection = host.Services.GetRequiredKeyedService<TokenIntrospection>(OAuthTestHost.ClientName);
        var grant = await host.SignInAsync();
        Assert.That((await introspection.IntrospectAsync(grant.AccessToken!)).ClientId, Is.EqualTo(OAuthTestHost.ClientName));
        host.Server.RotateSigningKey();
        Assert.That((await introspection.IntrospectAsync("never-issued")).IsActive, Is.False);
    }

    [TestCase("tls_client_auth")]
    [TestCase("self_signed_tls_client_auth")]
    [Description("Module oidcc-client-test-mtls-endpoint-aliases; RFC 8705 §2.1, §2.2, §5: login and refresh use the aliases")]
    public async Task A_client_certificate_is_used_at_the_aliases(string method)
    {
        await using var server = await TestAuthorizationServer.StartAsync(o => o.UseTls = true);
        using var certificate =
            method == "tls_client_auth" ? server.IssueClientCertificate("CN=photos") : MutualTlsServer.SelfSigned("CN=photos");
        server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                RedirectUris = { OAuthTestHost.Callback },
                AuthenticationMethod = method,
                CertificateSubject = method == "tls_client_auth" ? "CN=photos" : null,
                Certificate = method == "tls_client_auth" ? null : certificate,
            }
        );
        ServiceCollection services = new();
        services
            .AddOAuthClient(o => (o.Issuer, o.ClientId, o.RedirectUri) = (server.Issuer, "photos", new(OAuthTestHost.Callback)))
            .UseClientCertificate(_ => certificate)
            .BackChannel.ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    SslOptions =
                    {
                        RemoteCertificateValidationCallback = (_, presented, _, _) =>
                            presented?.GetCertHashString() == server.Certificate!.GetCertHashString(),
                    },
                }
            );
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();
        var pending = await client.BeginAuthorizationAsync();
        var grant = await client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(await server.SignInAsync(pending.AuthorizationUri)),
            GrantOwner.User("42")
        );
        await client.GetAccessTokenAsync(GrantOwner.User("42"), new() { RejectedToken = grant.AccessToken });
        Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2));
    }

    private static void RemoveCredentials(OAuthClientOptions options) => (options.ClientId, options.ClientSecret) = ("", null);
}
