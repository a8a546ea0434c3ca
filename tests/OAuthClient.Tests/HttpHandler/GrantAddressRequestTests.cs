using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests how a request whose address comes from the grant reads the grant, and what a repeated request does.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantAddressRequestTests
{
    private const string Pattern = "https://*.my.example.com";

    [Test]
    [Description("A request reads the grant once, asks for its address once, and counts one lookup of a token")]
    public async Task A_request_reads_the_grant_once()
    {
        int calls = 0;
        CountingStore reads = null!;
        await using GrantAddressApi api = new(
            t =>
                t.ForRequestOwner()
                    .To(
                        grant =>
                        {
                            calls++;
                            return Address(grant);
                        },
                        Pattern
                    ),
            http =>
                http.Services.AddSingleton(provider =>
                    CountingStore.Around(new InMemoryGrantStore(provider.GetRequiredService<TimeProvider>()), out reads)
                )
        );
        await api.AddAsync("alice", "at-alice", "https://alice.my.example.com");
        using RecordedMeasurements measured = new(api.Services);
        int before = reads.Reads;

        await api.GetAsync("alice", "/data");

        Assert.That(reads.Reads - before, Is.EqualTo(1));
        Assert.That(calls, Is.EqualTo(1));
        Assert.That(measured.Tags("oauthclient.token.lookups"), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("The choice of a grant by the application is not used, because it makes every request of the process read its options")]
    public async Task The_grant_is_not_a_choice_of_the_application()
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, Pattern));
        await api.AddAsync("alice", "at-alice", "https://alice.my.example.com");

        await api.GetAsync("alice", "/data");

        Assert.That(api.Last!.Options.Select(option => option.Key), Has.No.Member("OAuthClient.GrantId"));
    }

    [Test]
    [Description("A handler that sends a request again after a new sign-in replaced the grant: the new grant's address and token are used")]
    public async Task A_repeated_request_uses_the_new_grant()
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, Pattern), RepeatOnce);
        var earlier = await api.AddAsync("alice", "at-1", "https://one.my.example.com");
        api.AnswersOnce = async () =>
        {
            await api.RemoveAsync(earlier);
            await api.AddAsync("alice", "at-2", "https://two.my.example.com");
            return new(HttpStatusCode.ServiceUnavailable);
        };

        await api.GetAsync("alice", "/data?q=1");

        Assert.That(
            api.Sent,
            Is.EqualTo(new[] { "https://one.my.example.com/data?q=1 Bearer at-1", "https://two.my.example.com/data?q=1 Bearer at-2" })
        );
    }

    [Test]
    [Description("A handler that sends a request again: the grant that the application chose stays the same")]
    public async Task A_repeated_request_keeps_the_chosen_grant()
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, Pattern), RepeatOnce);
        var chosen = await api.AddAsync("alice", "at-1", "https://one.my.example.com");
        api.AnswersOnce = async () =>
        {
            await api.AddAsync("alice", "at-2", "https://two.my.example.com");
            return new(HttpStatusCode.ServiceUnavailable);
        };

        await api.GetAsync("alice", "/data", chosen.Id);

        Assert.That(api.Sent, Is.EqualTo(Enumerable.Repeat("https://one.my.example.com/data Bearer at-1", 2)));
    }

    [Test]
    [Description("Threat: the token of one account at the address of another. A rejected token is replaced only by one of the same grant")]
    public async Task A_rejected_token_is_replaced_by_one_of_the_same_grant()
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, Pattern));
        await api.AddAsync("alice", "at-1", "https://one.my.example.com");
        api.AdvanceClock(TimeSpan.FromMinutes(2));
        api.AnswersOnce = async () =>
        {
            await api.AddAsync("alice", "at-2", "https://two.my.example.com");
            HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
            response.Headers.TryAddWithoutValidation("WWW-Authenticate", "Bearer error=\"invalid_token\"");
            return response;
        };

        Assert.That(async () => await api.GetAsync("alice", "/data"), Throws.TypeOf<ReauthorizationRequiredException>());

        Assert.That(api.Sent, Is.EqualTo(new[] { "https://one.my.example.com/data Bearer at-1" }));
    }

    [Test]
    [Description("The client's own token has no grant, so its address cannot come from one")]
    public void The_clients_own_token_is_refused() =>
        Assert.That(
            () => new GrantAddressApi(t => t.ForClient().To(Address, Pattern)),
            Throws.InvalidOperationException.With.Message.Contains("ForClient()")
        );

    private static void RepeatOnce(IHttpClientBuilder http) =>
        http.Services.ConfigureHttpClientDefaults(all => all.AddHttpMessageHandler(() => new Repeating()));

    private static string? Address(Grant grant) => grant.TokenResponseMembers["instance_url"].Reveal();

    /// <summary>A handler outside of that of the library, which sends a request again after a status 503.</summary>
    private sealed class Repeating : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                return response;
            response.Dispose();
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
