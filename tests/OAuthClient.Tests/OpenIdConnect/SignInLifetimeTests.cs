using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that the grant of a sign-in ends with <c>SignInLifetime</c>, unless offline access was granted (OpenID Connect Core §11).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SignInLifetimeTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    [Description(
        "An access token that expires later than the sign-in is not sent after the sign-in has ended, and the refresh "
            + "token is not sent"
    )]
    public async Task The_tokens_end_with_the_sign_in()
    {
        await using OpenIdServer server = new(o => o.SignInLifetime = Lifetime);
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(Lifetime - Tick);
        Assert.That((await server.Client.GetAccessTokenAsync(grant.Owner)).Reveal(), Is.EqualTo("at-1"));
        Assert.That(await server.Client.FindGrantAsync(grant.Owner), Is.Not.Null);

        server.Script.Clock.Advance(Tick);

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(grant.Owner),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Message.Contains("SignInLifetime")
        );
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(grant.Owner, new() { RejectedToken = grant.AccessToken }),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(await server.Client.FindGrantAsync(grant.Owner), Is.Null);
        Assert.That(TokenRequests(server), Is.EqualTo(1));
    }

    [Test]
    [Description("The handler's cached token ends with the sign-in: the API receives no further request")]
    public async Task The_handler_sends_no_token_after_the_end()
    {
        List<string?> sent = [];
        await using OpenIdServer server = new(
            o => o.SignInLifetime = Lifetime,
            registerFirst: services =>
                services
                    .AddHttpClient("api")
                    .ConfigurePrimaryHttpMessageHandler(() => new Api(sent))
                    .AddAccessTokenHandler(token => token.ForOwner(OpenIdServer.OwnerOf("alice")).To("https://api.example"))
        );
        await server.SignInAsync();
        using var api = server.Script.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        using (await api.GetAsync(new Uri("https://api.example/"))) { }
        server.Script.Clock.Advance(Lifetime - Tick);
        using (await api.GetAsync(new Uri("https://api.example/"))) { }

        server.Script.Clock.Advance(Tick);

        Assert.That(async () => await api.GetAsync(new Uri("https://api.example/")), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(sent, Is.EqualTo(new[] { "Bearer at-1", "Bearer at-1" }));
        Assert.That(TokenRequests(server), Is.EqualTo(1));
    }

    [Test]
    [Description("OpenID Connect Core §11: with offline_access the grant remains and is refreshed, but the user is not signed in")]
    public async Task Offline_access_outlives_the_sign_in()
    {
        await using OpenIdServer server = new(o => (o.SignInLifetime, o.Scopes) = (Lifetime, ["openid", "offline_access"]));
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(TimeSpan.FromHours(2));

        Assert.That((await server.Client.GetAccessTokenAsync(grant.Owner)).Reveal(), Is.EqualTo("at-2"));
        Assert.That(await server.Client.FindGrantAsync(grant.Owner), Is.Not.Null);
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "s1", grant.SignInId), Is.False);
    }

    [Test]
    [Description("OpenID Connect Core §11: the grant of a renewal without offline_access ends with the sign-in that it renews")]
    public async Task A_renewal_ends_with_the_sign_in()
    {
        await using OpenIdServer server = new(o => o.SignInLifetime = Lifetime);
        var signedIn = await server.SignInAsync();
        server.Script.Clock.Advance(TimeSpan.FromMinutes(10));
        var renewed = await server.RenewAsync(signedIn.Owner, new() { Scopes = ["photos"] });
        Assert.That(renewed.EndsAt, Is.EqualTo(signedIn.SignInExpiresAt));

        server.Script.Clock.Advance(TimeSpan.FromMinutes(20));

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(signedIn.Owner),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Message.Contains("SignInLifetime")
        );
        Assert.That(TokenRequests(server), Is.EqualTo(2));
    }

    [Test]
    [Description("A refresh of a renewal's grant, and its serialization, keep the end of the renewal")]
    public async Task A_refresh_does_not_extend_a_renewal()
    {
        await using OpenIdServer server = new(o => o.SignInLifetime = TimeSpan.FromHours(2));
        var signedIn = await server.SignInAsync();
        var renewed = await server.RenewAsync(signedIn.Owner, new() { Scopes = ["photos"] });
        server.Script.Clock.Advance(TimeSpan.FromHours(1));
        await server.Client.GetAccessTokenAsync(signedIn.Owner);

        var refreshed = (await server.Store.FindAsync("", signedIn.Owner, default)).Single(grant => grant.Id == renewed.Id);

        Assert.That(refreshed.EndsAt, Is.EqualTo(signedIn.SignInExpiresAt));
        Assert.That(Grant.Unprotect(refreshed.Protect(data => data), data => data).EndsAt, Is.EqualTo(signedIn.SignInExpiresAt));
    }

    [Test]
    [Description("A renewal that completes when no sign-in is stored ends one SignInLifetime later")]
    public async Task A_renewal_without_a_stored_sign_in_has_an_end()
    {
        await using OpenIdServer server = new(o => o.SignInLifetime = Lifetime);
        var renewed = await server.RenewAsync(OpenIdServer.OwnerOf("alice"));
        Assert.That(renewed.EndsAt, Is.EqualTo(server.Script.Clock.GetUtcNow() + Lifetime));
    }

    [Test]
    [Description("OpenID Connect Core §11: with offline_access the grant of a renewal has no end")]
    public async Task A_renewal_with_offline_access_has_no_end()
    {
        await using OpenIdServer server = new(o => (o.SignInLifetime, o.Scopes) = (Lifetime, ["openid", "offline_access"]));
        var signedIn = await server.SignInAsync();
        var renewed = await server.RenewAsync(signedIn.Owner);
        Assert.That(renewed.EndsAt, Is.Null);
    }

    [Test]
    [Description("The grant of a connection without a sign-in does not end with SignInLifetime")]
    public async Task A_connection_does_not_end()
    {
        await using OpenIdServer server = new(o => o.SignInLifetime = Lifetime);
        await server.ConnectAsync(GrantOwner.User("42"));
        server.Script.Clock.Advance(TimeSpan.FromDays(30));
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("An ended sign-in does not hide another grant of the same user")]
    public async Task Another_grant_is_used_instead()
    {
        await using OpenIdServer server = new(o => o.SignInLifetime = Lifetime);
        await server.ConnectAsync(OpenIdServer.OwnerOf("alice"), parameters: new() { Scopes = ["openid", "photos"] });
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(Lifetime);
        Assert.That((await server.Client.GetAccessTokenAsync(grant.Owner)).Reveal(), Is.EqualTo("at-1"));
    }

    [Test]
    [Description("When a sign-in ends while its refresh waits for the lease, the refresh token is not sent")]
    public async Task A_sign_in_may_end_before_the_refresh_token_is_sent()
    {
        FailingStore store = new(new InMemoryGrantStore(new ManualTimeProvider()));
        await using OpenIdServer server = new(
            o => o.SignInLifetime = TimeSpan.FromHours(2),
            services => services.AddSingleton<IGrantStore>(store)
        );
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(TimeSpan.FromHours(1));
        store.AfterLeasing = () => server.Script.Clock.Advance(TimeSpan.FromHours(1));

        Assert.ThrowsAsync<ReauthorizationRequiredException>(() => server.Client.GetAccessTokenAsync(grant.Owner).Promptly());
        Assert.That(TokenRequests(server), Is.EqualTo(1));
    }

    [Test]
    [Description("When a sign-in ends while its refresh token is at the server, the result of the refresh is not used")]
    public async Task A_sign_in_may_end_while_the_refresh_is_in_progress()
    {
        await using OpenIdServer server = new(o => o.SignInLifetime = TimeSpan.FromHours(2));
        var grant = await server.SignInAsync();
        server.Script.Clock.Advance(TimeSpan.FromHours(1));
        server.Script.Answers(sentRequest =>
        {
            if (sentRequest.Uri.AbsolutePath == "/token")
                server.Script.Clock.Advance(TimeSpan.FromHours(1));
            return server.Answer(sentRequest);
        });

        Assert.ThrowsAsync<ReauthorizationRequiredException>(() => server.Client.GetAccessTokenAsync(grant.Owner).Promptly());
        Assert.That(TokenRequests(server), Is.EqualTo(2));
    }

    private static int TokenRequests(OpenIdServer server) => server.Script.Requests.Count(request => request.Uri.AbsolutePath == "/token");

    private sealed class Api(List<string?> sent) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            sent.Add(request.Headers.TryGetValues("Authorization", out var values) ? values.Single() : null);
            return Task.FromResult(new HttpResponseMessage { RequestMessage = request });
        }
    }
}
