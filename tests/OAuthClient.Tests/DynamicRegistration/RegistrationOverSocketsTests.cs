using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Registration, management, introspection and client certificates against a server that is not written for them alone.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationOverSocketsTests
{
    [Test]
    [Description("RFC 7591 §3: from nothing but an issuer and an initial access token to a login, a refresh and a revocation")]
    public async Task A_whole_life_of_a_client_that_registered_itself()
    {
        await using var host = await OAuthTestHost.StartAsync(
            NoClient,
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
        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Metadata),
            Has.Count.AtMost(2),
            "what is known of the server does not change with the credentials"
        );
    }

    [TestCase("RSA")]
    [TestCase("EC")]
    [Description(
        "OpenID Connect Dynamic Client Registration §2: with a private key in the options alone, the server encrypts the ID Token and the login opens it"
    )]
    public async Task An_encrypted_login_of_a_client_that_registered_itself(string kind)
    {
        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                NoClient(o);
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

    [Test]
    [Description("RFC 7592 §2, §3: read, updated and deleted while the server replaces the registration access token")]
    public async Task Management_with_rotation()
    {
        await using var host = await OAuthTestHost.StartAsync(
            NoClient,
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
    [Description("RFC 7591 §3.2.1: a secret that ends is renewed, or the client registered anew; whoever needs a token gets one")]
    public async Task Secrets_that_end()
    {
        await using var host = await OAuthTestHost.StartAsync(
            NoClient,
            builder => builder.RegisterDynamically(o => o.GrantTypes = ["authorization_code", "client_credentials"]),
            server: o => (o.AllowRegistration, o.ClientSecretLifetime) = (true, TimeSpan.FromDays(1))
        );
        for (int day = 0; day < 5; day++)
        {
            Assert.That(async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.Nothing);
            host.Clock.Advance(TimeSpan.FromHours(23.5));
        }
    }

    [Test]
    [Description("RFC 6749 §5.2: the server has lost its clients")]
    public async Task A_server_that_forgot()
    {
        await using var host = await OAuthTestHost.StartAsync(
            NoClient,
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
    [Description("RFC 7662 §2: a live token, a revoked one, and one that never was")]
    public async Task Introspection()
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
    [Description("RFC 9701 §4: signed, and verified with the server's published keys")]
    public async Task Signed_introspection()
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
    [Description(
        "Module oidcc-client-test-mtls-endpoint-aliases; RFC 8705 §2.1, §2.2, §5: a login and a refresh, each token request at the aliased endpoint"
    )]
    public async Task A_certificate_at_the_aliases(string method)
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

    private static void NoClient(OAuthClientOptions options) => (options.ClientId, options.ClientSecret) = ("", null);
}
