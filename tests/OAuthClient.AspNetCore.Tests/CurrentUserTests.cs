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
        "Threat: one user's token for another (CVE-2024-51987 class). 500 users and 8 pooled handlers, with tokens that expire "
            + "in between, produce no mismatch"
    )]
    public async Task Every_user_gets_their_own_response()
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
                var done = await browser.ConnectAsync(options: new() { UserName = browser.User! });
                Assert.That(done.Status, Is.EqualTo(HttpStatusCode.Found), done.Body);
            }
        );
        var mismatches = new ConcurrentQueue<string>();
        foreach (int half in new[] { 0, 1 })
        {
            // Each user's token is refreshed while requests of other users are running.
            app.Time.Advance(TimeSpan.FromMinutes(5));
            app.Server.ExpireAccessTokens();
            await Parallel.ForEachAsync(
                Enumerable.Range(0, Users * Handlers / 2).Select(i => (Browser: browsers[i % Users], Handler: (2 * (i / Users)) + half)),
                new ParallelOptions { MaxDegreeOfParallelism = 64 },
                async (call, _) =>
                {
                    var response = await call.Browser.GetAsync($"/pooled/{call.Handler}");
                    if (!response.Body.Contains($"\"sub-{call.Browser.User}\"", StringComparison.Ordinal))
                        mismatches.Enqueue($"{call.Browser.User}: {response.Body}");
                }
            );
        }
        Assert.That(mismatches, Is.Empty);
        Assert.That(app.Api.Requests, Has.Count.GreaterThanOrEqualTo(Users * Handlers));
    }

    [TestCase("/me"), TestCase("/mvc/me")]
    [Description("Without a signed-in user no request is sent to the API")]
    public async Task No_request_is_sent_without_a_user(string path)
    {
        await using var app = await App.StartAsync();
        await app.OpenBrowser().ConnectAsync(path == "/me" ? "" : "/mvc");
        (await app.OpenBrowser(user: null).GetAsync(path)).RequireException("OAuthException", "No user is signed in");
        Assert.That(app.Api.Requests, Is.Empty);
    }

    [TestCase("/me"), TestCase("/mvc/me")]
    [Description("A user without a grant uses neither another user's grant nor the client's: no request is sent to the API")]
    public async Task No_request_is_sent_without_a_grant(string path)
    {
        await using var app = await App.StartAsync();
        await app.OpenBrowser("alice").ConnectAsync(path == "/me" ? "" : "/mvc");
        (await app.OpenBrowser("bob").GetAsync(path)).RequireException("ReauthorizationRequiredException", "there is no grant");
        Assert.That(app.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("A registered ICurrentGrantOwner determines the owner at begin, at completion and in the handler")]
    public async Task Custom_ICurrentGrantOwner_is_used_throughout()
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
    [Description("RFC 7009: RevokeAsync revokes and deletes the grant of the signed-in user and no other grant")]
    public async Task Revoke_deletes_the_current_users_grant_only()
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
    [Description("The unnamed client's BrowserAuthorization is resolved without a key, a named client's by its name")]
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
        "Threat: one user's grant for another. A scoped or transient ICurrentGrantOwner would be captured for all requests, so "
            + "it throws; the message names the fix"
    )]
    public void Custom_ICurrentGrantOwner_must_be_a_singleton(ServiceLifetime lifetime)
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
