using System.Net;
using System.Text;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that a challenge which only the resource owner can meet becomes an exception that states what to request (RFC 9470, RFC 6750
/// §3.1), and that the owner is not asked without end.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class StepUpTests
{
    private const string Authentication = "Bearer error=\"insufficient_user_authentication\", acr_values=\"gold silver\", max_age=\"300\"";
    private const int NotMet = 603;
    private const string Scope = "Bearer error=\"insufficient_scope\", scope=\"photos.write\"";

    [TestCase(401, Authentication)]
    [TestCase(401, "DPoP error=\"insufficient_user_authentication\", acr_values=\"gold silver\", max_age=\"300\"")]
    [TestCase(403, Authentication)]
    [TestCase(401, "Bearer realm=\"x\", Bearer error=\"insufficient_user_authentication\", acr_values=\"gold silver\", max_age=\"300\"")]
    [Description("RFC 9470 §3, §4: the exception has the acr values and the maximum age of the challenge, whatever the scheme")]
    public async Task Another_authentication_is_required(int status, string challenge)
    {
        await using var host = await StartAsync();
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Challenge(status, challenge), times: 2);

        var exception = Required(() => host.Http.GetAsync("/me"));

        Assert.That(exception.AcrValues, Is.EqualTo(["gold", "silver"]));
        Assert.That(exception.MaxAge, Is.EqualTo(TimeSpan.FromMinutes(5)));
        Assert.That(exception.ClientName, Is.EqualTo(OAuthTestHost.ClientName));
        var parameters = AuthorizationParameters.ForReauthorization(await host.Client.FindGrantAsync(Owner), exception);
        Assert.That((parameters.AcrValues, parameters.MaxAge), Is.EqualTo(("gold silver", TimeSpan.FromMinutes(5))));
    }

    [Test]
    [Description("RFC 6750 §3.1: the new authorization requests the scopes of the token and those of the challenge")]
    public async Task More_scopes_are_required()
    {
        await using var host = await StartAsync("photos.write");
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Challenge(403, Scope), times: 1);

        var exception = Required(() => host.Http.GetAsync("/me"));

        Assert.That(exception.Scopes, Is.EquivalentTo(["api", "photos.read", "photos.write"]));
    }

    [TestCase(true)]
    [TestCase(false)]
    [Description("Microsoft Entra: the claims of the challenge, in base64 or as JSON, are those of the next authorization")]
    public async Task Claims_are_required(bool isEncoded)
    {
        const string claims = """{"access_token":{"nbf":{"essential":true,"value":"1702682181"}}}""";
        string text = isEncoded
            ? Convert.ToBase64String(Encoding.UTF8.GetBytes(claims))
            : claims.Replace("\"", "\\\"", StringComparison.Ordinal);
        await using var host = await StartAsync();
        await host.SignedInAsync();
        host.Api.Faults.Add(
            TestEndpoint.Resource,
            Challenge(401, $"Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{text}\""),
            times: 1
        );

        Assert.That(Required(() => host.Http.GetAsync("/me")).Claims, Is.EqualTo(claims));
    }

    [Test]
    [Description("Without the option, the response is returned")]
    public async Task The_response_is_returned_by_default()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Challenge(403, Scope), times: 1);

        using var response = await host.Http.GetAsync("/me");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    [Description("A server that does not grant what the API requires causes two authorizations, and then the response of the API")]
    public async Task The_owner_is_asked_twice_for_the_same_challenge()
    {
        await using var host = await StartAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Challenge(401, Authentication), times: 4);
        for (int i = 0; i < 2; i++)
        {
            await host.SignInAsync();
            Required(() => host.Http.GetAsync("/me"));
        }
        await host.SignInAsync();

        Assert.That(host.Log.Events(NotMet), Is.Empty);
        using var response = await host.Http.GetAsync("/me?code=secret");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        string message = host.Log.Events(NotMet).Single().Message;
        Assert.That(
            message,
            Does.StartWith($"The API {new Uri(host.Api.BaseAddress, "/me")} required insufficient_user_authentication again")
        );
        host.Clock.Advance(TimeSpan.FromMinutes(11));
        Required(() => host.Http.GetAsync("/me"));
    }

    [Test]
    [Description("Concurrent requests with one token count once, and an accepted token resets the count")]
    public async Task Only_new_tokens_count([Values] bool isMet)
    {
        await using var host = await StartAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Challenge(401, Authentication), times: 3);
        await host.SignInAsync();
        for (int i = 0; i < 3; i++)
            Required(() => host.Http.GetAsync("/me"));
        await host.SignInAsync();
        if (isMet)
            (await host.Http.GetAsync("/me")).Dispose();
        host.Api.Faults.Add(TestEndpoint.Resource, Challenge(401, Authentication), times: 2);
        Required(() => host.Http.GetAsync("/me"));
        await host.SignInAsync();

        if (isMet)
            Required(() => host.Http.GetAsync("/me"));
        else
            Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("insufficient_scope", "scope=\"mail.read\"", "photos.write")]
    [TestCase("insufficient_scope", "scope=\"photos.write\"")]
    [TestCase("insufficient_scope", "realm=\"x\"", "photos.write")]
    [Description("Threat: an API that chooses scopes obtains a token for another API. Scopes that are not named are not requested")]
    public async Task Other_scopes_are_not_required(string error, string further, params string[] scopes)
    {
        await using var host = await StartAsync(scopes);
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Challenge(403, $"Bearer error=\"{error}\", {further}"), times: 1);

        using var response = await host.Http.GetAsync("/me");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(host.Log.Events(NotMet), Is.Empty);
    }

    [TestCase("insufficient_scope", "scope=\"mail.read photos.write\"", "photos.write", "api", "photos.read")]
    [TestCase("insufficient_scope", "scope=\"mail.read\", max_age=\"300\"")]
    [TestCase("insufficient_user_authentication", "scope=\"mail.read\"")]
    [Description("What the API may require is required without the other scopes")]
    public async Task Other_scopes_are_left_out(string error, string further, params string[] required)
    {
        await using var host = await StartAsync("photos.write");
        await host.SignedInAsync();
        host.Api.Faults.Add(TestEndpoint.Resource, Challenge(403, $"Bearer error=\"{error}\", {further}"), times: 1);

        Assert.That(Required(() => host.Http.GetAsync("/me")).Scopes, Is.EquivalentTo(required));
    }

    [Test]
    [Description("The scopes are checked when they are named, and those of several calls count")]
    public void Scopes_are_checked()
    {
        AccessTokenHandlerOptions options = new();
        Assert.That(() => options.ReauthorizeWhenChallenged("photos.read photos.write"), Throws.ArgumentException);
        Assert.That(() => options.ReauthorizeWhenChallenged((string[])null!), Throws.ArgumentNullException);
        options.ReauthorizeWhenChallenged("a").ReauthorizeWhenChallenged().ReauthorizeWhenChallenged("b");
        Assert.That(options.StepUp!.Scopes, Is.EqualTo(["a", "b"]));
    }

    [Test]
    [Description("Threat: an open redirect of the API. Another address cannot require an authorization, nor reset the count")]
    public async Task Redirected_to_a_hostile_host([Values] bool isReplaced)
    {
        await using var host = await StartAsync();
        await using var hostile = await host.Server.StartResourceServerAsync();
        await host.SignedInAsync();
        hostile.Faults.Add(TestEndpoint.Resource, Challenge(401, Authentication));
        if (isReplaced)
            host.Api.Faults.Add(TestEndpoint.Resource, Challenge(401, "Bearer error=\"invalid_token\""), times: 1);
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Redirect(new Uri(hostile.BaseAddress, "/me")));

        using var response = await host.Http.GetAsync("/me");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(hostile.Requests.Single().Headers, Does.Not.ContainKey("Authorization"));
        Assert.That(host.TokenRequests, Is.EqualTo(isReplaced ? 1 : 0));
    }

    [Test]
    [Description("The client's own token has no user, so the option is refused")]
    public void The_client_itself_cannot_be_asked() =>
        Assert.That(
            async () =>
                await OAuthTestHost.StartAsync(
                    api: (http, api) =>
                        http.AddAccessTokenHandler(
                            OAuthTestHost.ClientName,
                            t => t.ForClient().To(api.BaseAddress).ReauthorizeWhenChallenged()
                        )
                ),
            Throws.InvalidOperationException.With.Message.Contains("remove ReauthorizeWhenChallenged()")
        );

    private static GrantOwner Owner => GrantOwner.User("42");

    private static Task<OAuthTestHost> StartAsync(params string[] scopes) =>
        OAuthTestHost.StartAsync(
            api: (http, api) =>
                http.AddAccessTokenHandler(
                    OAuthTestHost.ClientName,
                    t => t.ForOwner(Owner).To(api.BaseAddress).ReauthorizeWhenChallenged(scopes)
                )
        );

    private static Fault Challenge(int status, string challenge) => Fault.Status(status, headers: [new("WWW-Authenticate", challenge)]);

    private static ReauthorizationRequiredException Required(Func<Task> call) =>
        Assert.ThrowsAsync<ReauthorizationRequiredException>(call)!;
}
