using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>A redirect would take a secret to an address of the redirector's choice: the back channel follows none, whatever the user's handler says.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedirectTests
{
    private static readonly int[] Statuses = [301, 302, 303, 307, 308];

    [TestCaseSource(nameof(Statuses))]
    [Description(
        "Threat: redirect leak. The token endpoint's redirect is an error that says so; the second host sees nothing (RFC 9110 §15.4.8)"
    )]
    public async Task Token_request(int status)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Redirect(hostile.TokenEndpoint, status));

        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.StatusCode))
                .EqualTo((HttpStatusCode)status)
                .And.Property(nameof(EndpointException.Endpoint))
                .EqualTo(host.Server.TokenEndpoint)
        );

        Assert.That(hostile.Requests, Is.Empty);
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A redirect without a body is explained: what was sent would go to another address")]
    public async Task Message_says_redirect()
    {
        await using ScriptedServer server = new();
        server.Answers(_ => new HttpResponseMessage(HttpStatusCode.Moved)
        {
            Content = new StringContent("<a>moved</a>"),
            Headers = { Location = new("https://evil.example/") },
        });

        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Message.Contain("301")
                .And.Message.Contain("redirect")
                .And.Message.Contain("never followed")
        );
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [TestCaseSource(nameof(Statuses))]
    [Description("Threat: redirect leak. Code, verifier and client secret stay with the server that was asked")]
    public async Task Code_exchange(int status)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Redirect(hostile.TokenEndpoint, status));

        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<TokenEndpointException>());

        Assert.That(hostile.Requests, Is.Empty);
    }

    [TestCaseSource(nameof(Statuses))]
    [Description("Threat: redirect leak. A token that is given back goes to the revocation endpoint only (RFC 7009 §2)")]
    public async Task Revocation_request(int status)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignInAsync();
        host.Server.Faults.Add(TestEndpoint.Revocation, Fault.Redirect(hostile.RevocationEndpoint, status));

        Assert.That(
            async () => await host.Client.RevokeAsync(GrantOwner.User("42")),
            Throws.TypeOf<EndpointException>().With.Message.Contain("revocation endpoint")
        );

        Assert.That(hostile.Requests, Is.Empty);
    }

    [TestCaseSource(nameof(Statuses))]
    [Description("Threat: redirect leak. The access token goes to the userinfo endpoint only (OpenID Connect Core §5.3)")]
    public async Task UserInfo_request(int status)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        await host.SignInAsync();
        host.Server.Faults.Add(TestEndpoint.UserInfo, Fault.Redirect(hostile.UserInfoEndpoint, status));

        Assert.That(
            async () => await host.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<EndpointException>().With.Message.Contain("userinfo endpoint")
        );

        Assert.That(hostile.Requests, Is.Empty);
    }

    [TestCaseSource(nameof(Statuses))]
    [Description("Threat: SSRF by discovery. Metadata that stand elsewhere are not fetched there (RFC 8414 §3)")]
    public async Task Metadata_request(int status)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.Redirect(new Uri(hostile.Issuer, "/.well-known/openid-configuration"), status));

        Assert.That(async () => await host.Client.BeginAuthorizationAsync(), Throws.TypeOf<OAuthException>());

        Assert.That(hostile.Requests, Is.Empty);
    }

    [TestCaseSource(nameof(Statuses))]
    [Description("Threat: SSRF by jwks_uri. Keys that stand elsewhere are not fetched there, and nothing is signed in without them")]
    public async Task Key_set_request(int status)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        host.Server.Faults.Add(TestEndpoint.Jwks, Fault.Redirect(hostile.JwksUri, status));

        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<EndpointException>());

        Assert.That(hostile.Requests, Is.Empty);
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    private static IEnumerable<TestCaseData> UserPrimaries()
    {
        yield return Case("SocketsHttpHandler", () => new SocketsHttpHandler { AllowAutoRedirect = true, UseCookies = true });
        yield return Case("HttpClientHandler", () => new HttpClientHandler { AllowAutoRedirect = true, UseCookies = true });
        yield return Case(
            "wrapped SocketsHttpHandler",
            () => new Passing(new Passing(new SocketsHttpHandler { AllowAutoRedirect = true }))
        );
        yield return Case("wrapped HttpClientHandler", () => new Passing(new HttpClientHandler { AllowAutoRedirect = true }));

        static TestCaseData Case(string name, Func<HttpMessageHandler> primary) => new TestCaseData(primary).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(UserPrimaries))]
    [Description("Threat: redirect leak, brought back by a primary handler of the user's own")]
    public async Task User_primary_handler_follows_none(Func<HttpMessageHandler> primary)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.ConfigurePrimaryHttpMessageHandler(primary)
        );
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Redirect(hostile.TokenEndpoint));

        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.StatusCode))
                .EqualTo(HttpStatusCode.TemporaryRedirect)
        );

        Assert.That(hostile.Requests, Is.Empty);
    }

    [Test]
    [Description("Threat: redirect leak, brought back for all clients of the application")]
    public async Task Application_default_follows_none()
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync(registerFirst: services =>
            services.ConfigureHttpClientDefaults(http =>
                http.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = true })
            )
        );
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Redirect(hostile.TokenEndpoint));

        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])),
            Throws.TypeOf<TokenEndpointException>()
        );

        Assert.That(hostile.Requests, Is.Empty);
    }

    [Test]
    [Description(
        "One primary handler shared by two clients, which refuses changes once it has sent, still works and still follows nothing"
    )]
    public async Task Shared_primary_handler([Values] bool wrapped)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        using HttpMessageHandler shared = wrapped ? new Passing(new SocketsHttpHandler()) : new SocketsHttpHandler();
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => shared);
            builder
                .Services.AddOAuthClient(
                    "other",
                    o =>
                    {
                        o.TokenEndpoint = new("https://unused.example/token");
                        o.ClientId = "other";
                    }
                )
                .BackChannel.ConfigurePrimaryHttpMessageHandler(() => shared);
        });
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        using var other = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("OAuthClient.BackChannel:other");
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Redirect(hostile.TokenEndpoint));

        using var answer = await other.GetAsync(host.Server.TokenEndpoint);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.TemporaryRedirect));
        Assert.That(hostile.Requests, Is.Empty);
    }

    [Test]
    [Description(
        "Nobody's cookie is sent with somebody else's token: the back channel keeps none between requests, even if the user's handler would"
    )]
    public async Task Cookies_are_not_kept([Values] bool ownPrimary)
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            if (ownPrimary)
                builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler { UseCookies = true });
        });
        host.Server.Faults.Add(
            TestEndpoint.Token,
            Fault.Status(400, """{"error":"invalid_request"}""", headers: [new("Set-Cookie", "session=abc; Path=/")]),
            times: 1
        );
        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])),
            Throws.TypeOf<TokenEndpointException>()
        );

        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));

        Assert.That(host.Server.RequestsTo(TestEndpoint.Token)[1].Headers, Does.Not.ContainKey("Cookie"));
    }

    private sealed class Passing(HttpMessageHandler inner) : DelegatingHandler(inner);
}
