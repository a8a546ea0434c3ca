using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests pushed authorization requests (RFC 9126) and signed request objects (RFC 9101), at a server that requires them.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class PushedRequestTests
{
    private static readonly string Key = ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportPkcs8PrivateKeyPem();

    [Test]
    [Description("RFC 9126 §5: a server that requires it receives the parameters over the back channel, without an option")]
    public async Task A_server_that_requires_it_is_recognized()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => o.Scopes = ["openid", "api"],
            server: o => o.RequirePushedAuthorizationRequests = true
        );

        var pending = await host.Client.BeginAuthorizationAsync(
            new() { LoginHint = "alice", Resources = [new("https://api.example.com")] }
        );

        var query = QueryPairs.Single(pending.AuthorizationUri);
        Assert.That(query.Keys, Is.EquivalentTo(new[] { "client_id", "request_uri" }));
        var push = host.Server.RequestsTo(TestEndpoint.PushedAuthorization).Single();
        Assert.That(push.Form["login_hint"], Is.EqualTo("alice"));
        Assert.That(push.Form["client_id"], Is.EqualTo(OAuthTestHost.ClientName));
        Assert.That(push.Form["resource"], Is.EqualTo("https://api.example.com"));
        Assert.That(push.Form["code_challenge_method"], Is.EqualTo("S256"));
        Assert.That(push.Headers["Authorization"], Does.StartWith("Basic "));
        var callback = await host.Server.SignInAsync(pending.AuthorizationUri);
        var grant = await host.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("42"));
        Assert.That(grant.IdToken, Is.Not.Null);
    }

    [TestCase(PushedAuthorizationUse.WhenRequired, 0)]
    [TestCase(PushedAuthorizationUse.Never, 0)]
    [TestCase(PushedAuthorizationUse.WhenOffered, 1)]
    [TestCase(PushedAuthorizationUse.Always, 1)]
    [Description("RFC 9126 §5: a server that offers it and does not require it")]
    public async Task The_option_decides_at_a_server_that_offers_it(PushedAuthorizationUse use, int pushes)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.PushedAuthorization = use);
        await host.SignInAsync();

        Assert.That(host.Server.RequestsTo(TestEndpoint.PushedAuthorization), Has.Count.EqualTo(pushes));
    }

    [Test]
    [Description("RFC 9126 §5: a server that requires it, and an option that forbids it, are found at the beginning")]
    public async Task A_forbidden_push_fails_at_the_beginning()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => o.PushedAuthorization = PushedAuthorizationUse.Never,
            server: o => o.RequirePushedAuthorizationRequests = true
        );
        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("PushedAuthorization is Never")
        );
    }

    [Test]
    [Description("RFC 9126 §2: a server without the endpoint, and an option that demands it")]
    public async Task A_missing_endpoint_fails_at_the_beginning()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => o.PushedAuthorization = PushedAuthorizationUse.Always,
            server: o => o.OnMetadata = metadata => metadata.Remove("pushed_authorization_request_endpoint")
        );
        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("PushedAuthorizationRequestEndpoint")
        );
    }

    [Test]
    [Description("RFC 9126 §2.3: the server's refusal reaches the caller with its code, and without the state")]
    public async Task A_refused_push_fails_at_the_beginning()
    {
        await using var host = await OAuthTestHost.StartAsync(o =>
            (o.PushedAuthorization, o.Scopes) = (PushedAuthorizationUse.Always, ["unknown"])
        );
        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<EndpointException>()
                .With.Property(nameof(EndpointException.Error))
                .EqualTo("invalid_scope")
                .And.Message.Contains("pushed authorization request endpoint")
        );
    }

    [TestCase("{}")]
    [TestCase("""{"request_uri":""}""")]
    [TestCase("""{"request_uri":null,"expires_in":60}""")]
    [Description("RFC 9126 §2.2: a response without a reference")]
    public async Task A_response_without_a_reference_fails(string body)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.PushedAuthorization = PushedAuthorizationUse.Always);
        host.Server.Faults.Add(TestEndpoint.PushedAuthorization, Fault.Status(201, body), times: 1);
        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("request_uri")
        );
    }

    [TestCase(false)]
    [TestCase(true)]
    [Description("RFC 9101 §5, §10.5: the parameters are in a signed object, in the browser's address or pushed")]
    public async Task A_signed_request_is_accepted(bool isPushed)
    {
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.ClientSecret = null;
                o.ClientAuthentication = ClientAuthenticationMethod.PrivateKeyJwt;
                o.ClientAssertion.PrivateKey = Key;
                o.SignedAuthorizationRequests = true;
                o.Scopes = ["openid", "api"];
            },
            server: o => (o.RequireSignedAuthorizationRequests, o.RequirePushedAuthorizationRequests) = (true, isPushed)
        );
        host.Server.AddClient(Client());

        var pending = await host.Client.BeginAuthorizationAsync(
            new() { MaxAge = TimeSpan.FromMinutes(5), Resources = [new("https://one.example"), new("https://two.example")] }
        );

        Assert.That(
            QueryPairs.Single(pending.AuthorizationUri).Keys,
            Is.EquivalentTo(new[] { "client_id", isPushed ? "request_uri" : "request" })
        );
        var callback = await host.Server.SignInAsync(pending.AuthorizationUri);
        var grant = await host.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("42"));
        Assert.That(grant.Resources, Has.Count.EqualTo(2));
    }

    [TestCase(ClientAuthenticationMethod.ClientSecretPost, "secret")]
    [TestCase(ClientAuthenticationMethod.ClientSecretBasic, "secret")]
    [TestCase(ClientAuthenticationMethod.None, null)]
    [Description("RFC 9126 §2.1: a renamed client_id is sent once, under the server's name")]
    public async Task A_renamed_client_id_is_pushed_once(ClientAuthenticationMethod method, string? secret)
    {
        await using var host = await OAuthTestHost.StartAsync(o =>
        {
            (o.ClientAuthentication, o.ClientSecret) = (method, secret);
            o.PushedAuthorization = PushedAuthorizationUse.Always;
            o.Adaptation.ParameterNames["client_id"] = "client_key";
        });
        host.Server.Faults.Add(TestEndpoint.PushedAuthorization, Fault.Status(201, """{"request_uri":"urn:a","expires_in":60}"""));

        var pending = await host.Client.BeginAuthorizationAsync();

        var pushed = host.Server.RequestsTo(TestEndpoint.PushedAuthorization).Single();
        Assert.That(pushed.FormValues("client_key"), Is.EqualTo(new[] { OAuthTestHost.ClientName }));
        Assert.That(pushed.FormValues("client_id"), Is.Empty);
        Assert.That(QueryPairs.Of(pending.AuthorizationUri).Select(pair => pair.Key), Is.EqualTo(new[] { "client_key", "request_uri" }));
    }

    [Test]
    [Description("RFC 9101 §5: a renamed parameter has the server's name in the signed object and beside it")]
    public async Task A_renamed_client_id_stands_in_and_beside_the_signed_object()
    {
        await using var host = await OAuthTestHost.StartAsync(o =>
        {
            o.ClientSecret = null;
            o.ClientAuthentication = ClientAuthenticationMethod.PrivateKeyJwt;
            o.ClientAssertion.PrivateKey = Key;
            o.SignedAuthorizationRequests = true;
            o.Adaptation.ParameterNames["client_id"] = "client_key";
        });

        var query = QueryPairs.Single((await host.Client.BeginAuthorizationAsync()).AuthorizationUri);

        Assert.That(query.Keys, Is.EquivalentTo(new[] { "client_key", "request" }));
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(query["request"].Split('.')[1]))!.AsObject();
        Assert.That((string?)claims["client_key"], Is.EqualTo(OAuthTestHost.ClientName));
        Assert.That(claims.ContainsKey("client_id"), Is.False);
    }

    private static TestClient Client()
    {
        var jwk = JsonNode.Parse(SigningKey.Parse(Key).PublicJwk)!;
        return new()
        {
            ClientId = OAuthTestHost.ClientName,
            AuthenticationMethod = "private_key_jwt",
            PublicKeys = new() { ["keys"] = new JsonArray(jwk) },
            RedirectUris = { OAuthTestHost.Callback },
        };
    }
}
