using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that the back channel follows no redirect, which would send a secret to another address, regardless of the configured handler.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedirectTests
{
    private static readonly int[] Statuses = [301, 302, 303, 307, 308];

    [TestCaseSource(nameof(Statuses))]
    [Description("RFC 9110 §15.4.8: a redirect of the token endpoint is an error, and the target receives no request")]
    public async Task A_redirect_of_the_token_endpoint_is_not_followed(int status)
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

    [TestCase("<a>moved</a>")]
    [TestCase("")]
    [Description("The message about a redirect says that redirects are not followed")]
    public async Task The_message_explains_the_redirect(string body)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => new HttpResponseMessage(HttpStatusCode.Moved)
        {
            Content = new StringContent(body),
            Headers = { Location = new("https://evil.example/") },
        });

        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Message.Contain("301")
                .And.Message.Contain("redirect")
                .And.Message.Contain("not followed")
        );
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [TestCaseSource(nameof(Statuses))]
    [Description("Code, verifier and client secret are not sent to the target of a redirect")]
    public async Task A_redirect_of_a_code_exchange_is_not_followed(int status)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Redirect(hostile.TokenEndpoint, status));

        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<TokenEndpointException>());

        Assert.That(hostile.Requests, Is.Empty);
    }

    [TestCaseSource(nameof(Statuses))]
    [Description("RFC 7009 §2: a token is not sent to the target of a redirect of the revocation endpoint")]
    public async Task A_redirect_of_the_revocation_endpoint_is_not_followed(int status)
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
    [Description("OpenID Connect Core §5.3: the access token is not sent to the target of a redirect of the UserInfo endpoint")]
    public async Task A_redirect_of_the_UserInfo_endpoint_is_not_followed(int status)
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
    [Description("RFC 8414 §3: metadata is not fetched from the target of a redirect")]
    public async Task A_redirect_of_the_metadata_is_not_followed(int status)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.Redirect(new Uri(hostile.Issuer, "/.well-known/openid-configuration"), status));

        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contain($"returned {status} (a redirect, which is not followed)")
        );

        Assert.That(hostile.Requests, Is.Empty);
    }

    [TestCaseSource(nameof(Statuses))]
    [Description("Keys are not fetched from the target of a redirect, and the sign-in fails without them")]
    public async Task A_redirect_of_the_key_set_is_not_followed(int status)
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
            () => new Wrapper(new Wrapper(new SocketsHttpHandler { AllowAutoRedirect = true }))
        );
        yield return Case("wrapped HttpClientHandler", () => new Wrapper(new HttpClientHandler { AllowAutoRedirect = true }));

        static TestCaseData Case(string name, Func<HttpMessageHandler> primary) => new TestCaseData(primary).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(UserPrimaries))]
    [Description("A custom primary handler follows no redirect")]
    public async Task A_custom_primary_handler_follows_no_redirect(Func<HttpMessageHandler> primary)
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
    [Description("A default primary handler for all HTTP clients of the application follows no redirect")]
    public async Task A_default_primary_handler_follows_no_redirect()
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
    [Description("A primary handler shared by two clients, which cannot be changed after its first request, follows no redirect")]
    public async Task A_shared_primary_handler_follows_no_redirect([Values] bool wrapped)
    {
        await using var hostile = await TestAuthorizationServer.StartAsync();
        using HttpMessageHandler shared = wrapped ? new Wrapper(new SocketsHttpHandler()) : new SocketsHttpHandler();
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
    [Description("Cookies are not kept between requests, even with a custom handler, because requests concern different users")]
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

    private sealed class Wrapper(HttpMessageHandler inner) : DelegatingHandler(inner);
}
