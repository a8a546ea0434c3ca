using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests that ForCurrentUser uses only the user of the current request, although handlers are pooled.</summary>
public sealed class CurrentUserTests
{
    private const int Users = 500;
    private const int Handlers = 8;

    [Test]
    [Description(
        "One user's token to another (CVE-2024-51987 class): 500 users × 8 pooled handlers at once, tokens expired in between: 0 mismatches"
    )]
    public async Task Every_user_gets_their_own_answer()
    {
        await using var app = await App.StartAsync(
            services: (services, api) =>
            {
                for (int i = 0; i < Handlers; i++)
                {
                    services
                        .AddHttpClient($"pooled{i}", http => http.BaseAddress = api.BaseAddress)
                        .AddAccessTokenHandler("photos", t => t.ForCurrentUser().To(api.BaseAddress));
                }
            },
            endpoints: web =>
                web.MapGet(
                    "/pooled/{handler}",
                    async (int handler, IHttpClientFactory http) => await http.CreateClient($"pooled{handler}").GetStringAsync("/me")
                )
        );
        app.Server.AddClient(
            new()
            {
                ClientId = "photos",
                ClientSecret = "s",
                RedirectUris = { App.Public + "/callback" },
                RequireConsent = false,
            }
        );
        var browsers = Enumerable.Range(0, Users).Select(i => app.OpenBrowser($"user{i}")).ToArray();
        await Parallel.ForEachAsync(
            browsers,
            async (browser, _) =>
            {
                app.Server.AddUser(new() { Subject = "sub-" + browser.User, UserName = browser.User! });
                var done = await browser.ConnectAsync(how: new() { UserName = browser.User! });
                Assert.That(done.Status, Is.EqualTo(HttpStatusCode.Found), done.Body);
            }
        );
        var mismatches = new ConcurrentQueue<string>();
        foreach (int half in new[] { 0, 1 })
        {
            // Each user's refresh falls among the others' calls.
            app.Time.Advance(TimeSpan.FromMinutes(5));
            app.Server.ExpireAccessTokens();
            await Parallel.ForEachAsync(
                Enumerable.Range(0, Users * Handlers / 2).Select(i => (Browser: browsers[i % Users], Handler: (2 * (i / Users)) + half)),
                new ParallelOptions { MaxDegreeOfParallelism = 64 },
                async (call, _) =>
                {
                    var answer = await call.Browser.GetAsync($"/pooled/{call.Handler}");
                    if (!answer.Body.Contains($"\"sub-{call.Browser.User}\"", StringComparison.Ordinal))
                        mismatches.Enqueue($"{call.Browser.User}: {answer.Body}");
                }
            );
        }
        Assert.That(mismatches, Is.Empty);
        Assert.That(app.Api.Requests, Has.Count.GreaterThanOrEqualTo(Users * Handlers));
    }

    [TestCase("/me"), TestCase("/mvc/me")]
    [Description("Without a signed-in user no request is sent to the API")]
    public async Task Nobody_makes_no_request(string path)
    {
        await using var app = await App.StartAsync();
        await app.OpenBrowser().ConnectAsync(path == "/me" ? "" : "/mvc");
        (await app.OpenBrowser(user: null).GetAsync(path)).RequireRefusal("OAuthException", "No user is signed in");
        Assert.That(app.Api.Requests, Is.Empty);
    }

    [TestCase("/me"), TestCase("/mvc/me")]
    [Description("A user without a grant never gets another user's, or the client's: no request reaches the API")]
    public async Task User_without_grant_makes_no_request(string path)
    {
        await using var app = await App.StartAsync();
        await app.OpenBrowser("alice").ConnectAsync(path == "/me" ? "" : "/mvc");
        (await app.OpenBrowser("bob").GetAsync(path)).RequireRefusal("ReauthorizationRequiredException", "there is no grant");
        Assert.That(app.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("An application with ids of its own brings its own ICurrentGrantOwner; begin, completion and the handler all go by it")]
    public async Task Own_owner_is_used_throughout()
    {
        await using var app = await App.StartAsync(
            services: (services, _) => services.AddHttpContextAccessor().AddSingleton<ICurrentGrantOwner, Tenant>()
        );
        var browser = app.OpenBrowser();
        await browser.ConnectAsync();
        Assert.That((await browser.GetAsync("/me")).Body, Does.Contain("alice"));
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("tenant-1/alice")), Is.Not.Null);
        Assert.That(await app.Client("photos").FindGrantAsync(GrantOwner.User("alice")), Is.Null);
    }

    [Test]
    [Description("RFC 7009: RevokeAsync deletes and revokes the grant of the signed-in user, and no other grant")]
    public async Task Revoke_ends_the_current_users_grant_only()
    {
        await using var app = await App.StartAsync(endpoints: web =>
        {
            web.MapPost(
                "/disconnect",
                ([FromKeyedServices("photos")] BrowserAuthorization photos, CancellationToken cancellation) =>
                    photos.RevokeAsync(cancellation)
            );
            web.MapGet(
                "/status",
                async ([FromKeyedServices("photos")] BrowserAuthorization photos) =>
                    await photos.FindGrantAsync() is null ? "none" : "connected"
            );
        });
        Browser alice = app.OpenBrowser(),
            bob = app.OpenBrowser("bob"),
            visitor = app.OpenBrowser(user: null);
        await alice.ConnectAsync();
        await bob.ConnectAsync();
        Assert.That((await alice.GetAsync("/status")).Body, Is.EqualTo("connected"));
        Assert.That((await visitor.GetAsync("/status")).Body, Is.EqualTo("none"));

        await visitor.PostAsync("/disconnect");
        Assert.That(app.Server.RequestsTo(OAuthClient.Testing.TestEndpoint.Revocation), Is.Empty);
        await alice.PostAsync("/disconnect");

        Assert.That(app.Server.RequestsTo(OAuthClient.Testing.TestEndpoint.Revocation), Has.Count.EqualTo(2));
        Assert.That((await alice.GetAsync("/status")).Body, Is.EqualTo("none"));
        Assert.That((await bob.GetAsync("/status")).Body, Is.EqualTo("connected"));
    }

    [Test]
    [Description("The unnamed client's BrowserAuthorization is injected without a key; a named one's is not")]
    public void Unnamed_client_needs_no_key()
    {
        var services = new ServiceCollection();
        services.AddOAuthClient(o => { }).AddBrowserAuthorization().AddBrowserAuthorization();
        services.AddOAuthClient("photos", o => { }).AddBrowserAuthorization();
        using var provider = services.BuildServiceProvider();
        Assert.That(
            provider.GetRequiredService<BrowserAuthorization>(),
            Is.SameAs(provider.GetRequiredKeyedService<BrowserAuthorization>(""))
        );
        Assert.That(
            provider.GetRequiredKeyedService<BrowserAuthorization>("photos"),
            Is.Not.SameAs(provider.GetRequiredService<BrowserAuthorization>())
        );
        Assert.That(provider.GetServices<BrowserAuthorization>().Count(), Is.EqualTo(1));
    }

    [TestCase(ServiceLifetime.Scoped), TestCase(ServiceLifetime.Transient)]
    [Description(
        "One user's grant to another: an owner that belongs to one request would be kept for all; it is refused with what to write"
    )]
    public void Own_owner_must_be_a_singleton(ServiceLifetime lifetime)
    {
        var services = new ServiceCollection();
        services.Add(ServiceDescriptor.Describe(typeof(ICurrentGrantOwner), typeof(Tenant), lifetime));
        services.AddOAuthClient("photos", o => { }).AddBrowserAuthorization();
        using var provider = services.BuildServiceProvider();
        Assert.That(
            () => provider.GetRequiredKeyedService<BrowserAuthorization>("photos"),
            Throws.InvalidOperationException.With.Message.Contains("Register ICurrentGrantOwner as a singleton")
        );
    }

    private sealed class Tenant(IHttpContextAccessor accessor) : ICurrentGrantOwner
    {
        public GrantOwner? Find() =>
            accessor.HttpContext?.User.FindFirstValue(ClaimTypes.NameIdentifier) is { } id ? GrantOwner.User("tenant-1/" + id) : null;
    }
}
