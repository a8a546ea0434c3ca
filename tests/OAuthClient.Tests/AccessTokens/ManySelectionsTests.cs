using System.Net;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that scopes, origins and resources from external input do not grow memory without limit. Not parallelizable because it measures
/// the process.
/// </summary>
[TestFixture]
[NonParallelizable]
public class ManySelectionsTests
{
    [TestCase(100_000, false)]
    [TestCase(20_000, true)]
    [Description("100,000 scopes, and 20,000 rejected ones, do not grow memory; a token that is in use stays cached")]
    public async Task Scopes_of_the_client_do_not_grow_memory(int count, bool isRefused)
    {
        using Network network = new();
        await using var provider = Build(network);
        var client = provider.GetRequiredService<IOAuthClient>();
        var steady = await client.GetAccessTokenAsync(GrantOwner.Client, new() { Scopes = ["steady"] });
        network.Refuses = isRefused;
        await RequestAsync(0, 5_000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await RequestAsync(5_000, count);
        long after = GC.GetTotalMemory(forceFullCollection: true);

        // Each response is larger than 2 KB.
        Assert.That(after - before, Is.LessThan(10_000_000));
        Assert.That(await client.GetAccessTokenAsync(GrantOwner.Client, new() { Scopes = ["steady"] }), Is.SameAs(steady));

        async Task RequestAsync(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                try
                {
                    await client.GetAccessTokenAsync(GrantOwner.Client, new() { Scopes = [$"scope-{i}"] });
                }
                catch (TokenEndpointException)
                {
                    Assert.That(isRefused);
                }
                if (i % 100 == 0)
                    await client.GetAccessTokenAsync(GrantOwner.Client, new() { Scopes = ["steady"] });
            }
        }
    }

    [Test]
    [Description("OpenID Connect Core §5.6.2: claims may name any origin as their source; 20,000 origins do not grow memory")]
    public async Task Origins_do_not_grow_memory()
    {
        using Network network = new();
        await using var provider = Build(network);
        var client = provider.GetRequiredService<IOAuthClient>();
        var reader = provider.GetRequiredService<ClaimSourceReader>();
        await SignInAsync(client);
        await ReadAsync(0, 2);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await ReadAsync(2, 20);
        long after = GC.GetTotalMemory(forceFullCollection: true);
        Assert.That(after - before, Is.LessThan(2_000_000));

        async Task ReadAsync(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                network.Sources = [.. Enumerable.Range(i * 1_000, 1_000)];
                foreach (var source in (await client.GetUserInfoAsync(GrantOwner.User("42"))).ClaimSources)
                    Assert.That(() => reader.ReadAsync(source), Throws.TypeOf<EndpointException>());
            }
        }
    }

    [Test]
    [Description("RFC 8707 §2.2: a grant keeps the token for all resources and a limited number of the newest other tokens")]
    public async Task The_number_of_tokens_in_a_grant_is_limited()
    {
        using Network network = new();
        await using var provider = Build(network);
        var client = provider.GetRequiredService<IOAuthClient>();
        await SignInAsync(client);
        var everything = await client.GetAccessTokenAsync(GrantOwner.User("42"));
        await RequestAsync(0, 100);
        int before = await SizeAsync();
        await RequestAsync(100, 300);

        Assert.That(await SizeAsync(), Is.EqualTo(before).Within(1_000));
        Assert.That(await client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(everything));
        int sent = network.Sent;
        await client.GetAccessTokenAsync(GrantOwner.User("42"), Of(299));
        Assert.That(network.Sent, Is.EqualTo(sent), "the newest token is cached");

        async Task RequestAsync(int from, int to)
        {
            for (int i = from; i < to; i++)
                await client.GetAccessTokenAsync(GrantOwner.User("42"), Of(i));
        }

        async Task<int> SizeAsync()
        {
            int size = 0;
            (await client.FindGrantAsync(GrantOwner.User("42")))!.Protect(plain =>
            {
                size = plain.Length;
                return plain;
            });
            return size;
        }

        static AccessTokenParameters Of(int i) => new() { Resources = [new($"https://api.example/{i:000}")] };
    }

    private static async Task SignInAsync(IOAuthClient client)
    {
        var pending = await client.BeginAuthorizationAsync();
        string state = QueryPairs.Of(pending.AuthorizationUri).Single(pair => pair.Key == "state").Value;
        var response = AuthorizationResponse.Parse(new Uri($"{SampleConfiguration.Callback}?code=c&state={state}"));
        await client.CompleteAuthorizationAsync(pending, response, GrantOwner.User("42"));
    }

    private static ServiceProvider Build(Network network)
    {
        ServiceCollection services = new();
        services
            .AddOAuthClient(o =>
            {
                o.TokenEndpoint = new(Origin + "/token");
                o.AuthorizationEndpoint = new(Origin + "/authorize");
                o.UserInfoEndpoint = new(Origin + "/userinfo");
                o.ClientId = "client";
                o.ClientSecret = "the-client-secret";
                o.RedirectUri = new(SampleConfiguration.Callback);
            })
            .UseResilience(_ => { })
            .BackChannel.ConfigurePrimaryHttpMessageHandler(() => network);
        return services.BuildServiceProvider();
    }

    /// <summary>Responds with a different token each time and records nothing.</summary>
    private sealed class Network : HttpMessageHandler
    {
        private static readonly string Padding = new('x', 1_000);

        public bool Refuses { get; set; }
        public int Sent { get; private set; }
        public int[] Sources { get; set; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(
                request.RequestUri!.AbsolutePath == "/userinfo" ? Json(200, UserInfo())
                : request.RequestUri.Host != new Uri(Origin).Host ? new(HttpStatusCode.NotFound) { Content = new ByteArrayContent([]) }
                : Refuses ? Json(400, """{"error":"invalid_scope"}""")
                : Json(200, Tokens($"{Padding}{Sent++:000000}", "rt"))
            );

        private string UserInfo()
        {
            string names = string.Join(',', Sources.Select(i => $"\"claim{i}\":\"s{i}\""));
            string sources = string.Join(',', Sources.Select(i => $"\"s{i}\":{{\"endpoint\":\"https://source-{i}.example/claims\"}}"));
            return $"{{\"sub\":\"alice\",\"_claim_names\":{{{names}}},\"_claim_sources\":{{{sources}}}}}";
        }
    }
}
