using System.Net;
using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests userinfo requests and responses (OpenID Connect Core §5.3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UserInfoTests
{
    [Test]
    [Description("OpenID Connect Core §5.3.1: a GET request with the token only in the header (RFC 6750 §2.1)")]
    public async Task The_claims_are_returned()
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
    [Description("OpenID Connect Core §5.3.2: sub must be exactly that of the ID Token; otherwise the response is rejected")]
    public async Task Another_subject_is_rejected(string subject)
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
    [Description("OpenID Connect Core §5.3.2: a response without sub is rejected")]
    public async Task A_missing_subject_is_rejected([Values("missing", "null", "empty")] string how)
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
    [Description("Without an ID Token there is no subject to compare with, so the response is accepted")]
    public async Task Without_an_ID_Token_the_subject_is_accepted()
    {
        await using ScriptedServer server = new();
        await server.SignInAsync();
        server.Answers("""{"sub":"carol","age":5}""");
        var user = await server.Client.GetUserInfoAsync(GrantOwner.User("42"));
        Assert.That(user.Subject, Is.EqualTo("carol"));
        Assert.That(user["age"], Is.Null);
    }

    [TestCase(401)]
    [TestCase(403)]
    [TestCase(500)]
    [Description("RFC 6750 §3.1: an error response is reported with endpoint and status, without the token")]
    public async Task An_error_response_is_reported(int status)
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
    [Description("OpenID Connect Core §5.3.2: a response that is not a JSON object is rejected")]
    public async Task A_response_that_is_not_an_object_is_rejected(string body, string mediaType)
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
    public async Task A_missing_endpoint_is_reported()
    {
        await using ScriptedServer server = new(o => o.UserInfoEndpoint = null);
        await server.SignInAsync();
        Assert.That(
            async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<OAuthException>().With.Message.Contain("UserInfoEndpoint")
        );
    }

    [Test]
    [Description("The client itself is not a user")]
    public async Task The_client_itself_is_not_a_user()
    {
        await using ScriptedServer server = new();
        Assert.That(async () => await server.Client.GetUserInfoAsync(GrantOwner.Client), Throws.ArgumentException);
        Assert.That(server.Requests, Is.Empty);
    }

    [TestCase("""{"id":583231,"login":"octocat","avatar_url":"https://as.example/1.png"}""", "", "id", "583231", "octocat")]
    [TestCase("""{"data":{"id":"2244994945","username":"dev","name":"Dev"}}""", "data", "id", "2244994945", "Dev")]
    [TestCase("""{"bot":{"owner":{"user":{"id":"u-1"}}}}""", "bot owner user", "id", "u-1", null)]
    [TestCase("""{"account_id":"dbid:1","email":"a@example.com"}""", "", "account_id", "dbid:1", "a@example.com")]
    [Description("A server without sub names the user by another member, where the options state it (OpenID Connect Core §5.3.2)")]
    public async Task A_stated_member_identifies_the_user(string body, string path, string member, string id, string? name)
    {
        await using ScriptedServer server = new(o =>
        {
            o.UserInfoEndpoint = new("https://as.example/me");
            o.Adaptation.UserInfoPath = path.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            o.Adaptation.UserIdMember = member;
        });
        await server.SignedInAsync(ScriptedServer.Tokens("at", "rt"));
        server.Answers(body);

        var user = await server.Client.GetUserInfoAsync(GrantOwner.User("42"));

        Assert.That(user.Subject, Is.EqualTo(id));
        Assert.That(user.Account.Id, Is.EqualTo(id));
        Assert.That(user.Account.Name, Is.EqualTo(name));
        Assert.That(user.Account.ToString(), Does.Not.Contain(id));
    }

    [Test]
    [Description("A member of the same name at the top does not identify the user where UserInfoPath leads nowhere")]
    public async Task A_member_outside_of_the_path_identifies_nobody()
    {
        await using ScriptedServer server = new(o =>
        {
            o.UserInfoEndpoint = new("https://as.example/me");
            o.Adaptation.UserInfoPath = ["data"];
            o.Adaptation.UserIdMember = "id";
        });
        await server.SignedInAsync(ScriptedServer.Tokens("at", "rt"));
        server.Answers("""{"id":7,"data":null,"errors":[{"code":1}]}""");

        Assert.That(async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")), Throws.TypeOf<OAuthProtocolException>());
    }

    [TestCase("{}")]
    [TestCase("""{"id":null}""")]
    [TestCase("""{"id":" "}""")]
    [TestCase("""{"id":1.5}""")]
    [TestCase("""{"id":["1"]}""")]
    [TestCase("""{"id":true}""")]
    [Description("OpenID Connect Core §5.3.2: a member that identifies no user is refused, and the message names the option")]
    public async Task A_stated_member_must_identify_the_user(string body)
    {
        await using ScriptedServer server = new(o =>
        {
            o.UserInfoEndpoint = new("https://as.example/me");
            o.Adaptation.UserIdMember = "id";
        });
        await server.SignedInAsync(ScriptedServer.Tokens("at", "rt"));
        server.Answers(body);

        Assert.That(
            async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("Adaptation.UserIdMember")
        );
    }

    [Test]
    [Description("The account for \"connected as …\" comes from the ID Token (OpenID Connect Core §5.1)")]
    public async Task A_grant_has_the_account_of_its_ID_Token()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        var grant = await host.SignInAsync();

        Assert.That(grant.Account!.Id, Is.EqualTo("alice"));
    }

    [Test]
    [Description("RFC 6750 §3.1: a token that the server no longer accepts is replaced once")]
    public async Task A_rejected_token_is_replaced_once([Values(1, 3)] int rejections)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        await host.SignedInAsync();
        host.Server.Faults.Add(TestEndpoint.UserInfo, Fault.Status(401, """{"error":"invalid_token"}"""), times: rejections);

        async Task<UserInfo> GetAsync() => await host.Client.GetUserInfoAsync(GrantOwner.User("42"));

        if (rejections == 1)
            Assert.That((await GetAsync()).Subject, Is.EqualTo("alice"));
        else
            Assert.That(GetAsync, Throws.TypeOf<EndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(host.Server.RequestsTo(TestEndpoint.UserInfo), Has.Count.EqualTo(2));
    }

    [Test]
    [Description(
        "A server without ID Tokens: the account is read when the authorization completes, and tells two accounts of one user apart"
    )]
    public async Task The_account_of_a_new_grant_is_fetched()
    {
        await using ScriptedServer server = new(o =>
        {
            o.UserInfoEndpoint = new("https://as.example/me");
            o.Adaptation.UserIdMember = "id";
            o.FetchAccount = true;
        });
        foreach (string id in new[] { "1", "2", "2" })
        {
            server.Answers(request =>
                ScriptedServer.Json(
                    200,
                    request.Uri.AbsolutePath == "/me"
                        ? "{\"id\":" + id + ",\"login\":\"user-" + id + "\"}"
                        : ScriptedServer.Tokens("at-" + id, "rt-" + id)
                )
            );
            await server.SignInAsync();
        }

        var grants = await server.Store.FindAsync("", GrantOwner.User("42"), default);
        Assert.That(grants.Select(grant => grant.Account!.Name), Is.EqualTo(new[] { "user-2", "user-1" }));
    }

    [TestCase(500, "")]
    [TestCase(200, "{}")]
    [TestCase(200, "<html>")]
    [Description("A failed request for the account is logged, and does not affect the grant")]
    public async Task A_missing_account_does_not_affect_the_grant(int status, string body)
    {
        await using ScriptedServer server = new(o =>
        {
            o.UserInfoEndpoint = new("https://as.example/me");
            o.FetchAccount = true;
        });
        server.Answers(request =>
            request.Uri.AbsolutePath == "/me"
                ? ScriptedServer.Json(status, body)
                : ScriptedServer.Json(200, ScriptedServer.Tokens("at", "rt"))
        );

        var grant = await server.SignInAsync();

        Assert.That(grant.Account, Is.Null);
        Assert.That(server.Log.Events(408), Has.Count.EqualTo(1));
    }
}
