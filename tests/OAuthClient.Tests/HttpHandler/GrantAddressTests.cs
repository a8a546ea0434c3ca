using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests requests to an API whose address the server states with the token.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantAddressTests
{
    [Test]
    [Description("Each owner's request goes to the address of the own grant, with its token")]
    public async Task Each_request_goes_to_the_address_of_its_grant()
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, "https://*.my.example.com"));
        await api.AddAsync("alice", "at-alice", "https://alice.my.example.com");
        await api.AddAsync("bob", "at-bob", "https://bob.my.example.com/base/");

        await api.GetAsync("alice", "/data?q=1");
        await api.GetAsync("bob", "/data");

        Assert.That(
            api.Sent,
            Is.EqualTo(
                new[] { "https://alice.my.example.com/data?q=1 Bearer at-alice", "https://bob.my.example.com/base/data Bearer at-bob" }
            )
        );
    }

    [TestCase("https://attacker.example")]
    [TestCase("http://alice.my.example.com")]
    [TestCase("https://alice.my.example.com.attacker.example")]
    [TestCase("relative")]
    [TestCase("")]
    [TestCase(null)]
    [Description("Threat: an address outside of the pattern. Nothing is sent")]
    public async Task An_address_outside_of_the_pattern_is_refused(string? address)
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, "https://*.my.example.com"));
        await api.AddAsync("alice", "at-alice", address);

        Assert.That(
            async () => await api.GetAsync("alice", "/data"),
            Throws.TypeOf<OAuthException>().With.Message.Contains("https://*.my.example.com").And.Message.Not.Contains("at-alice")
        );
        Assert.That(api.Sent, Is.Empty);
    }

    [Test]
    [Description("Threat: the address of another user within the pattern. An absolute address must be that of the grant")]
    public async Task Another_address_within_the_pattern_is_refused()
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, "https://*.my.example.com"));
        await api.AddAsync("alice", "at-alice", "https://alice.my.example.com");

        await api.GetAsync("alice", "https://alice.my.example.com/data");
        Assert.That(
            async () => await api.GetAsync("alice", "https://bob.my.example.com/data"),
            Throws.TypeOf<OAuthException>().With.Message.Contains("GrantBaseAddress")
        );
        Assert.That(api.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Threat: a handler that changes the host to another one within the pattern. Nothing is sent")]
    public async Task A_handler_cannot_change_the_address()
    {
        await using GrantAddressApi api = new(
            t => t.ForRequestOwner().To(Address, "https://*.my.example.com"),
            http => http.AddHttpMessageHandler(() => new Redirecting("https://bob.my.example.com/data"))
        );
        await api.AddAsync("alice", "at-alice", "https://alice.my.example.com");

        Assert.That(async () => await api.GetAsync("alice", "/data"), Throws.TypeOf<OAuthException>());
        Assert.That(api.Sent, Is.Empty);
    }

    [Test]
    [Description("An owner without a grant must authorize; nothing is sent")]
    public async Task An_owner_without_a_grant_must_authorize()
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, "https://*.my.example.com"));
        Assert.That(async () => await api.GetAsync("alice", "/data"), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(api.Sent, Is.Empty);
    }

    [Test]
    [Description("The address comes with the tokens of the server; after a refresh that states another one, requests go there")]
    public async Task The_address_comes_with_the_token()
    {
        List<string> sent = [];
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, _) =>
                http.ConfigureHttpClient(client => client.BaseAddress = AccessTokenHandlerOptions.GrantBaseAddress)
                    .ConfigurePrimaryHttpMessageHandler(() => new Recording(sent))
                    .AddAccessTokenHandler(
                        OAuthTestHost.ClientName,
                        t => t.ForOwner(GrantOwner.User("42")).To(Address, within: "https://*.my.example.com")
                    )
        );
        host.Server.Options.OnTokenResponse = response => response["instance_url"] = "https://one.my.example.com";
        await host.SignInAsync();
        using var first = await host.Http.GetAsync("/data");
        host.Server.Options.OnTokenResponse = response => response["instance_url"] = "https://two.my.example.com";
        host.Clock.Advance(TimeSpan.FromHours(2));
        using var second = await host.Http.GetAsync("/data");

        Assert.That(sent, Is.EqualTo(new[] { "https://one.my.example.com/data", "https://two.my.example.com/data" }));
    }

    [Test]
    [Description("A callback parameter only selects among stated addresses")]
    public async Task A_callback_parameter_selects_a_stated_address()
    {
        await using GrantAddressApi api = new(t =>
            t.ForRequestOwner()
                .To(
                    grant => grant.UntrustedCallbackParameters["location"].Reveal(),
                    new Dictionary<string, string> { ["eu"] = "https://api.eu.example", ["us"] = "https://api.us.example" }
                )
        );
        await api.AddAsync("alice", "at-alice", address: null, location: "eu");
        await api.AddAsync("bob", "at-bob", address: null, location: "https://attacker.example");

        await api.GetAsync("alice", "/data");
        Assert.That(async () => await api.GetAsync("bob", "/data"), Throws.TypeOf<OAuthException>());
        Assert.That(api.Sent, Is.EqualTo(new[] { "https://api.eu.example/data Bearer at-alice" }));
    }

    [Test]
    [Description("Threat: an address that came through the browser. The delegate of a pattern does not see callback parameters")]
    public async Task A_callback_parameter_is_no_address()
    {
        await using GrantAddressApi api = new(t =>
            t.ForRequestOwner().To(grant => grant.UntrustedCallbackParameters["location"].Reveal(), within: "https://*.my.example.com")
        );
        await api.AddAsync("alice", "at-alice", address: null, location: "https://alice.my.example.com");

        Assert.That(async () => await api.GetAsync("alice", "/data"), Throws.TypeOf<OAuthException>());
        Assert.That(api.Sent, Is.Empty);
    }

    [Test]
    [Description("RFC 6455 §4.1: a WebSocket of the API of the grant")]
    public async Task A_WebSocket_goes_to_the_address_of_its_grant()
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, "https://*.my.example.com"));
        await api.AddAsync("alice", "at-alice", "https://alice.my.example.com/base");

        await api.GetAsync("alice", "wss://grant.invalid/socket");
        await api.GetAsync("alice", "wss://alice.my.example.com/socket");
        Assert.That(async () => await api.GetAsync("alice", "wss://bob.my.example.com/socket"), Throws.TypeOf<OAuthException>());

        Assert.That(
            api.Sent,
            Is.EqualTo(
                new[] { "wss://alice.my.example.com/base/socket Bearer at-alice", "wss://alice.my.example.com/socket Bearer at-alice" }
            )
        );
    }

    [Test]
    [Description("A stated origin beside the address of the grant")]
    public async Task A_stated_origin_stands_beside_the_address_of_the_grant()
    {
        await using GrantAddressApi api = new(t =>
            t.ForRequestOwner().To(Address, "https://*.my.example.com").To("https://login.example.com")
        );
        await api.AddAsync("alice", "at-alice", "https://alice.my.example.com");

        await api.GetAsync("alice", "https://login.example.com/me");
        await api.GetAsync("alice", "/data");

        Assert.That(
            api.Sent,
            Is.EqualTo(new[] { "https://login.example.com/me Bearer at-alice", "https://alice.my.example.com/data Bearer at-alice" })
        );
    }

    [Test]
    [Description("Service discovery for all HTTP clients, as in the service defaults of .NET Aspire, leaves the address alone")]
    public async Task Service_discovery_leaves_the_address_alone()
    {
        await using GrantAddressApi api = new(
            t => t.ForRequestOwner().To(Address, "https://*.my.example.com"),
            http =>
            {
                http.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
                http.Services.AddServiceDiscovery();
                http.Services.ConfigureHttpClientDefaults(all => all.AddServiceDiscovery());
            }
        );
        await api.AddAsync("alice", "at-alice", "https://alice.my.example.com");

        await api.GetAsync("alice", "/data");

        Assert.That(api.Sent, Is.EqualTo(new[] { "https://alice.my.example.com/data Bearer at-alice" }));
    }

    [Test]
    [Description("Two accounts of one user: the request chooses the grant, and gets its address and its token")]
    public async Task A_request_chooses_the_grant()
    {
        await using GrantAddressApi api = new(t => t.ForRequestOwner().To(Address, "https://*.my.example.com"));
        var first = await api.AddAsync("alice", "at-one", "https://one.my.example.com");
        await api.AddAsync("alice", "at-two", "https://two.my.example.com");

        await api.GetAsync("alice", "/data");
        await api.GetAsync("alice", "/data", first.Id);

        Assert.That(
            api.Sent,
            Is.EqualTo(new[] { "https://two.my.example.com/data Bearer at-two", "https://one.my.example.com/data Bearer at-one" })
        );
    }

    [Test]
    [Description("Wrong addresses are refused at start")]
    public void Wrong_addresses_are_refused_at_start()
    {
        AccessTokenHandlerOptions options = new();
        Assert.That(() => options.To(Address, "https://*.com"), Throws.ArgumentException);
        Assert.That(
            () => new AccessTokenHandlerOptions().To(Address, "https://*.my.example.com").To(Address, "https://api.example.com"),
            Throws.InvalidOperationException
        );
        Assert.That(
            () => options.To(Address, new Dictionary<string, string> { ["eu"] = "http://api.eu.example" }),
            Throws.ArgumentException
        );
        Assert.That(() => options.DangerouslyToHttp("https://orders"), Throws.ArgumentException);
        Assert.That(() => options.DangerouslyToHttp("http://orders/path"), Throws.ArgumentException);
        Assert.That(() => options.To("http://orders"), Throws.ArgumentException.With.Message.Contains("DangerouslyToHttp"));
    }

    private static string? Address(Grant grant) => grant.TokenResponseMembers["instance_url"].Reveal();

    private sealed class Recording(List<string> sent) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            sent.Add(request.RequestUri!.AbsoluteUri);
            return Task.FromResult(new HttpResponseMessage());
        }
    }

    private sealed class Redirecting(string address) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new(address);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
