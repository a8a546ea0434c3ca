using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the exact content of token requests (RFC 6749 §3.2, §4.1.3, §4.4.2, §6).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TokenRequestTests
{
    private const string Basic = "Basic Y2xpZW50OnRoZS1jbGllbnQtc2VjcmV0";

    [Test]
    [Description("RFC 6749 §4.1.3, RFC 7636 §4.5: the exact content of the code exchange")]
    public async Task Code_exchange()
    {
        const string RedirectUri = "HTTPS://App.example:443/call%62ack/../x?tenant=a%20b";
        await using ScriptedServer server = new(o =>
        {
            o.RedirectUri = new(RedirectUri);
            o.Scopes = ["api"];
            o.Resources = [new("https://one.example/a"), new("https://two.example")];
        });
        var pending = await server.Client.BeginAuthorizationAsync();
        var query = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query);

        await server.Client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse([new("code", "c/+ =&ode"), new("state", query["state"]!)]),
            GrantOwner.User("42")
        );

        var sentRequest = server.Only;
        Assert.That(sentRequest.Method, Is.EqualTo(HttpMethod.Post));
        Assert.That(sentRequest.Uri.AbsoluteUri, Is.EqualTo("https://as.example/token"));
        Assert.That(sentRequest.MediaType, Is.EqualTo("application/x-www-form-urlencoded"));
        Assert.That(sentRequest.Accept, Is.EqualTo("application/json"));
        Assert.That(sentRequest.Authorization, Is.EqualTo(Basic));
        Assert.That(
            sentRequest.Form.Select(field => field.Key),
            Is.EqualTo(new[] { "grant_type", "code", "redirect_uri", "code_verifier", "resource", "resource" })
        );
        Assert.That(sentRequest["grant_type"], Is.EqualTo("authorization_code"));
        Assert.That(sentRequest["code"], Is.EqualTo("c/+ =&ode"));
        Assert.That(sentRequest["redirect_uri"], Is.EqualTo(RedirectUri));
        Assert.That(query["redirect_uri"].ToString(), Is.EqualTo(RedirectUri), "identical to that of the authorization request");
        Assert.That(new CodeVerifier(sentRequest["code_verifier"]!).Challenge(), Is.EqualTo(query["code_challenge"].ToString()));
        Assert.That(
            sentRequest.Form.Where(field => field.Key == "resource").Select(field => field.Value),
            Is.EqualTo(new[] { "https://one.example/a", "https://two.example" })
        );
        Assert.That(sentRequest.Body, Does.Contain("code=c%2F%2B+%3D%26ode"));
    }

    [Test]
    [Description("RFC 6749 §3.2, RFC 7636 §4.6: a strict server accepts the code exchange, so no parameter is missing or repeated")]
    public async Task Code_exchange_with_a_real_server()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignInAsync();
        var sent = host.Server.RequestsTo(TestEndpoint.Token).Single();
        Assert.That(sent.ResponseStatus, Is.EqualTo(200));
        Assert.That(sent.QueryString, Is.Empty);
        Assert.That(sent.FormValues("redirect_uri"), Is.EqualTo(new[] { OAuthTestHost.Callback }));
    }

    [Test]
    [Description("RFC 6749 §3.1–3.2: the query of the token endpoint is kept")]
    public async Task Query_of_the_endpoint()
    {
        await using ScriptedServer server = new(o => o.TokenEndpoint = new("https://as.example/token?tenant=one"));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Only.Uri.AbsoluteUri, Is.EqualTo("https://as.example/token?tenant=one"));
    }

    [Test]
    [Description(
        "RFC 6749 §2.3: one authentication method per request: the secret is in the body if so configured, and then not in the header"
    )]
    public async Task Client_secret_in_the_body()
    {
        await using ScriptedServer server = new(o => o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretPost);
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Only.Authorization, Is.Null);
        Assert.That(server.Only.Body, Is.EqualTo("grant_type=client_credentials&client_id=client&client_secret=the-client-secret"));
    }

    [Test]
    [Description("RFC 6749 §3.2.1: a public client sends its client_id and no credentials")]
    public async Task Public_client()
    {
        await using ScriptedServer server = new(o => o.ClientSecret = null);
        await server.Client.RequestTokenAsync(TokenRequest.Refresh(new("rt")));
        Assert.That(server.Only.Authorization, Is.Null);
        Assert.That(server.Only.Body, Is.EqualTo("grant_type=refresh_token&refresh_token=rt&client_id=client"));
    }

    [Test]
    [Description("RFC 6749 §6: without scope and resource if none is requested")]
    public async Task Refresh()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["registered"]);
        await server.Client.RequestTokenAsync(TokenRequest.Refresh(new("r t+/")));
        Assert.That(server.Only.Body, Is.EqualTo("grant_type=refresh_token&refresh_token=r+t%2B%2F"));
        Assert.That(server.Only.Authorization, Is.EqualTo(Basic));
    }

    [Test]
    [Description("RFC 6749 §6, RFC 8707 §2.2: scopes are sent in one parameter and resources in several")]
    public async Task Refresh_with_scopes_and_resources()
    {
        await using ScriptedServer server = new();
        await server.Client.RequestTokenAsync(TokenRequest.Refresh(new("rt"), ["a", "b"], [new("https://one.example/x"), new("urn:two")]));
        Assert.That(
            server.Only.Body,
            Is.EqualTo("grant_type=refresh_token&refresh_token=rt&scope=a+b&resource=https%3A%2F%2Fone.example%2Fx&resource=urn%3Atwo")
        );
    }

    [Test]
    [Description("RFC 6749 §4.4.2: client credentials request the given scopes, or send no scope parameter")]
    public async Task Client_credentials()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["registered"]);
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["a", "b"], [new("https://one.example")]));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials([]));
        Assert.That(
            server.Requests.Select(request => request.Body),
            Is.EqualTo(
                new[]
                {
                    "grant_type=client_credentials&scope=a+b&resource=https%3A%2F%2Fone.example",
                    "grant_type=client_credentials",
                    "grant_type=client_credentials",
                }
            )
        );
        Assert.That(server.Requests.Select(request => request.Authorization), Is.All.EqualTo(Basic));
    }

    [Test]
    [Description("RFC 6749 §4.4: client credentials MUST only be used by confidential clients; nothing is sent")]
    public async Task Client_credentials_of_a_public_client()
    {
        await using ScriptedServer server = new(o => o.ClientSecret = null);
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthException>().With.Message.Contain("confidential").And.Message.Contain("ClientSecret")
        );
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<OAuthException>().With.Message.Contain("confidential")
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    public void Null_arguments()
    {
        Assert.That(() => TokenRequest.Refresh(null!), Throws.ArgumentNullException);
        Assert.That(() => TokenRequest.Extension("urn:x", null!), Throws.ArgumentNullException);
    }

    [TestCase("a b")]
    [TestCase("")]
    [TestCase("a\"b")]
    [TestCase("a\nb")]
    [TestCase("ä")]
    [Description("RFC 6749 §3.3: a scope that contains a space or is empty is rejected before the request is sent")]
    public void Malformed_scope(string scope)
    {
        Assert.That(() => TokenRequest.ClientCredentials([scope]), Throws.ArgumentException.With.Message.Contain("scope"));
        Assert.That(() => TokenRequest.Refresh(new("rt"), ["fine", scope]), Throws.ArgumentException.With.Message.Contain("scope"));
    }

    [TestCase("https://api.example/#fragment")]
    [TestCase("https://api.example/#")]
    [TestCase("/relative")]
    [Description("RFC 8707 §2: a resource is an absolute URI without a fragment")]
    public void Malformed_resource(string resource)
    {
        Uri uri = new(resource, UriKind.RelativeOrAbsolute);
        Assert.That(() => TokenRequest.ClientCredentials(resources: [uri]), Throws.ArgumentException.With.Message.Contain("RFC 8707"));
        Assert.That(() => TokenRequest.Refresh(new("rt"), resources: [uri]), Throws.ArgumentException.With.Message.Contain("RFC 8707"));
    }

    [Test]
    public void A_request_prints_its_grant_type_only()
    {
        Assert.That(TokenRequest.Refresh(new("the-refresh-token")).ToString(), Is.EqualTo("refresh_token"));
        Assert.That(TokenRequest.Extension("urn:x", [new("assertion", "secret")]).ToString(), Is.EqualTo("urn:x"));
    }

    [Test]
    [Description("The text form of a back-channel request contains its address without user and query, and neither form nor credentials")]
    public void A_back_channel_request_prints_its_address_only()
    {
        BackChannelRequest request = new("token endpoint", new("https://user:pw@as.example/token?key=value#f"))
        {
            Form = [new("code", "secret")],
            Secrets = ["secret"],
        };
        Assert.That(request.ToString(), Is.EqualTo("POST https://as.example/token"));
        Assert.That((request with { Form = null }).ToString(), Is.EqualTo("GET https://as.example/token"));
    }
}
