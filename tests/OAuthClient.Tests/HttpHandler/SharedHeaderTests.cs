using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that a default Cookie or Authorization header is not sent with the access tokens of several owners.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SharedHeaderTests
{
    [TestCase("Authorization", "Bearer of-the-first")]
    [TestCase("authorization", "Basic b3RoZXI6cGFzc3dvcmQ=")]
    [TestCase("Cookie", "session=of-the-first")]
    [Description(
        "A default header of a client with several owners: the client fails at its first use, and the message says what to change"
    )]
    public async Task Configured_default_header(string name, string value)
    {
        await using var host = await StartAsync(
            t => t.ForRequestOwner(),
            http => http.ConfigureHttpClient(client => client.DefaultRequestHeaders.TryAddWithoutValidation(name, value))
        );
        Assert.That(
            () => host.Http,
            Throws
                .InvalidOperationException.With.Message.Contain("'api'")
                .And.Message.Contain("DefaultRequestHeaders")
                .And.Message.Not.Contain(value)
        );
    }

    [Test]
    [Description("The same for a default header of all clients")]
    public async Task Default_header_of_all_clients()
    {
        await using var host = await StartAsync(
            t => t.ForRequestOwner(),
            http =>
                http.Services.ConfigureHttpClientDefaults(all =>
                    all.ConfigureHttpClient(client => client.DefaultRequestHeaders.Add("Cookie", "session=of-the-first"))
                )
        );
        Assert.That(() => host.Http, Throws.InvalidOperationException.With.Message.Contain("DefaultRequestHeaders"));
    }

    [Test]
    [Description("A client with one owner may have default headers: the access token replaces Authorization, and the cookie is sent")]
    public async Task One_identity_keeps_its_defaults()
    {
        await using var host = await StartAsync(
            t => t.ForOwner(GrantOwner.User("alice")),
            http =>
                http.ConfigureHttpClient(client =>
                {
                    client.DefaultRequestHeaders.Authorization = new("Bearer", "stale");
                    client.DefaultRequestHeaders.Add("Cookie", "session=own");
                })
        );
        var grant = await host.SignInAsync("alice");
        await host.Http.GetStringAsync("/me");
        Assert.That(host.Api.Requests.Single().Headers["Authorization"], Is.EqualTo("Bearer " + grant.AccessToken!.Reveal()));
        Assert.That(host.Api.Requests.Single().Headers["Cookie"], Is.EqualTo("session=own"));
    }

    [Test]
    [Description("A default cookie that is set after the client was created, as in a typed client's constructor: the request is not sent")]
    public async Task Default_cookie_set_later()
    {
        await using var host = await StartAsync(t => t.ForRequestOwner());
        await host.SignInAsync("bob");
        using var http = host.Http;
        http.DefaultRequestHeaders.Add("Cookie", "session=of-the-first");
        Assert.That(
            async () => await SendAsync(http, "bob"),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain("Cookie header")
                .And.Message.Contain("not sent")
                .And.Message.Contain("DangerouslyAllowCookies()")
                .And.Message.Not.Contain("of-the-first")
        );
        Assert.That(host.Api.Requests, Is.Empty);
    }

    [Test]
    [Description(".NET also sends a Cookie header of the content; the request is not sent")]
    public async Task Cookie_among_the_headers_of_the_content()
    {
        await using var host = await StartAsync(t => t.ForRequestOwner());
        await host.SignInAsync("bob");
        using var http = host.Http;
        using StringContent content = new("{}");
        content.Headers.TryAddWithoutValidation("Cookie", "session=of-the-first");
        using HttpRequestMessage request = new(HttpMethod.Post, "/me") { Content = content };
        request.SetGrantOwner(GrantOwner.User("bob"));
        Assert.That(async () => await http.SendAsync(request), Throws.TypeOf<OAuthException>().With.Message.Contain("Cookie header"));
        Assert.That(host.Api.Requests, Is.Empty);
    }

    [Test]
    [Description(
        "A default Authorization header that is set after the client was created is replaced: each request carries its owner's token"
    )]
    public async Task Default_authorization_set_later()
    {
        await using var host = await StartAsync(t => t.ForRequestOwner());
        var alice = await host.SignInAsync("alice");
        var bob = await host.SignInAsync("bob");
        using var http = host.Http;
        http.DefaultRequestHeaders.Authorization = new("Bearer", alice.AccessToken!.Reveal());
        await SendAsync(http, "bob");
        Assert.That(host.Api.Requests.Single().Headers["Authorization"], Is.EqualTo("Bearer " + bob.AccessToken!.Reveal()));
    }

    [Test]
    [Description("An inner handler that all owners share must not add a cookie either")]
    public async Task Cookie_of_a_shared_handler([Values] bool isAllowed)
    {
        await using var host = await StartAsync(
            t => isAllowed ? t.ForRequestOwner().DangerouslyAllowCookies() : t.ForRequestOwner(),
            http => http.AddHttpMessageHandler(() => new AddingCookie())
        );
        await host.SignInAsync("bob");
        if (isAllowed)
        {
            await SendAsync(host.Http, "bob");
            Assert.That(host.Api.Requests.Single().Headers["Cookie"], Is.EqualTo("session=of-the-first"));
        }
        else
        {
            Assert.That(
                async () => await SendAsync(host.Http, "bob"),
                Throws.TypeOf<OAuthException>().With.Message.Contain("Cookie header")
            );
            Assert.That(host.Api.Requests, Is.Empty);
        }
    }

    private static Task<OAuthTestHost> StartAsync(
        Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions> selectOwner,
        Action<IHttpClientBuilder>? after = null
    ) =>
        OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                http.AddAccessTokenHandler("photos", t => selectOwner(t).To(api.BaseAddress));
                after?.Invoke(http);
            }
        );

    private static async Task SendAsync(HttpClient http, string owner)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/me");
        request.SetGrantOwner(GrantOwner.User(owner));
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    private sealed class AddingCookie : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("Cookie", "session=of-the-first");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
