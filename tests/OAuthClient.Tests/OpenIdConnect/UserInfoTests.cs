using System.Net;
using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Who the user is, asked of the server (OpenID Connect Core §5.3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UserInfoTests
{
    [Test]
    [Description("OpenID Connect Core §5.3.1: a GET with the token in the header, and nowhere else (RFC 6750 §2.1)")]
    public async Task Claims()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "profile"]);
        var grant = await host.SignedInAsync();

        var user = await host.Client.GetUserInfoAsync(GrantOwner.User("42"));

        Assert.That(user.Subject, Is.EqualTo("alice"));
        Assert.That(user["name"], Is.EqualTo("Alice Adams"));
        Assert.That(user["no-such-claim"], Is.Null);
        Assert.That(user.Claims.GetProperty("sub").GetString(), Is.EqualTo("alice"));
        Assert.That(user.ToString(), Is.EqualTo("UserInfo"));
        var request = host.Server.RequestsTo(TestEndpoint.UserInfo).Single();
        Assert.That(request.Method, Is.EqualTo("GET"));
        Assert.That(request.Headers["Authorization"], Is.EqualTo("Bearer " + grant.AccessToken!.Reveal()));
        Assert.That(request.QueryString, Is.Empty);
        Assert.That(request.Body, Is.Empty);
    }

    [TestCase("mallory")]
    [TestCase("Alice")]
    [TestCase("alice ")]
    [Description("OpenID Connect Core §5.3.2: sub MUST be that of the ID Token, exactly; the answer is not used otherwise")]
    public async Task Another_subject(string subject)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        await host.SignInAsync();
        host.Server.Options.OnUserInfo = claims => claims["sub"] = subject;
        Assert.That(
            async () => await host.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("another user").And.Message.Not.Contain("mallory")
        );
    }

    [Test]
    [Description("OpenID Connect Core §5.3.2: without a sub the answer is about nobody")]
    public async Task No_subject([Values("missing", "null", "empty")] string how)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        await host.SignInAsync();
        host.Server.Options.OnUserInfo = claims =>
        {
            claims.Remove("sub");
            if (how != "missing")
                claims["sub"] = how == "null" ? null : JsonValue.Create("");
        };
        Assert.That(
            async () => await host.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("no sub")
        );
    }

    [Test]
    [Description("Without an ID Token there is nobody to compare with: the server's word counts")]
    public async Task Without_an_ID_Token()
    {
        await using ScriptedServer server = new();
        await server.SignInAsync();
        server.Answers("""{"sub":"anybody","age":5}""");
        var user = await server.Client.GetUserInfoAsync(GrantOwner.User("42"));
        Assert.That(user.Subject, Is.EqualTo("anybody"));
        Assert.That(user["age"], Is.Null);
    }

    [TestCase(401)]
    [TestCase(403)]
    [TestCase(500)]
    [Description("RFC 6750 §3.1: a refusal is reported with endpoint and status, and the token is not in it")]
    public async Task Refused(int status)
    {
        await using ScriptedServer server = new();
        await server.SignInAsync();
        server.Answers("""{"sub":"alice","error":"invalid_token","error_description":"at is over: Bearer at"}""", status);
        Assert.That(
            async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws
                .TypeOf<EndpointException>()
                .With.Property(nameof(EndpointException.StatusCode))
                .EqualTo((HttpStatusCode)status)
                .And.Property(nameof(EndpointException.Error))
                .EqualTo("invalid_token")
                .And.Property(nameof(EndpointException.ErrorDescription))
                .EqualTo("[redacted] is over: Bearer [redacted]")
                .And.Message.Contain("userinfo endpoint (https://as.example/userinfo)")
        );
    }

    [TestCase("<html></html>", "text/html")]
    [TestCase("eyJhbGciOiJub25lIn0.e30.", "text/plain")]
    [TestCase("eyJhbGciOiJub25lIn0.e30.", "application/json")]
    [TestCase("[]", "application/json")]
    [TestCase("", "application/json")]
    [Description("OpenID Connect Core §5.3.2: what is no JSON object holds no claims")]
    public async Task Not_json(string body, string mediaType)
    {
        await using ScriptedServer server = new();
        await server.SignInAsync();
        server.Answers(_ => ScriptedServer.Text(200, body, mediaType));
        Assert.That(
            async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<EndpointException>().With.Message.Contain("userinfo endpoint")
        );
    }

    [Test]
    public async Task No_endpoint()
    {
        await using ScriptedServer server = new(o => o.UserInfoEndpoint = null);
        await server.SignInAsync();
        Assert.That(
            async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<OAuthException>().With.Message.Contain("UserInfoEndpoint")
        );
    }

    [Test]
    [Description("The client itself is no user")]
    public async Task Of_the_client()
    {
        await using ScriptedServer server = new();
        Assert.That(async () => await server.Client.GetUserInfoAsync(GrantOwner.Client), Throws.ArgumentException);
        Assert.That(server.Requests, Is.Empty);
    }
}
