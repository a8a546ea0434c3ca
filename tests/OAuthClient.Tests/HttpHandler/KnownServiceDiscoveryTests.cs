using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ServiceDiscoveryHost;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the handler of Microsoft.Extensions.ServiceDiscovery, which is known and need not be declared: for one HTTP client, and for all as
/// in the service defaults of .NET Aspire. Every other change of the address needs a declaration.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class KnownServiceDiscoveryTests
{
    [Test]
    [Description("The handler of Microsoft.Extensions.ServiceDiscovery is known: at every position the token goes to the stated service")]
    public async Task Known_handler_is_not_declared([Values] Place place)
    {
        Recording network = new();
        await using var host = await StartAsync(place, t => t.To("https://photos-tls"), "https://photos-tls", network);
        await host.SignedInAsync();
        using var response = await host.Http.GetAsync("/me?q=1");
        Assert.That((network.Address, network.HasToken), Is.EqualTo((new Uri("https://127.0.0.1:9/me?q=1"), true)));
    }

    [Test]
    [Description("An instance with a path: the path precedes that of the request")]
    public async Task Instance_with_a_path([Values] Place place)
    {
        Recording network = new();
        await using var host = await StartAsync(place, t => t.To("https://photos-base"), "https://photos-base", network);
        await host.SignedInAsync();
        using var response = await host.Http.GetAsync("/me?q=1");
        Assert.That((network.Address, network.HasToken), Is.EqualTo((new Uri("https://127.0.0.1:9/base/me?q=1"), true)));
    }

    [Test]
    [Description("Service discovery that is added for all HTTP clients and once more for this one")]
    public async Task Added_twice()
    {
        Recording network = new();
        await using var host = await StartAsync(
            Place.DefaultsOfAllClients,
            t => t.To("https://photos-base"),
            "https://photos-base",
            network,
            http => http.AddServiceDiscovery()
        );
        await host.SignedInAsync();
        using var response = await host.Http.GetAsync("/me");
        Assert.That((network.Address, network.HasToken), Is.EqualTo((new Uri("https://127.0.0.1:9/base/me"), true)));
    }

    [Test]
    [Description(
        "Threat: a handler that changes the address before or behind service discovery, also where service discovery is added twice. The "
            + "request is not sent"
    )]
    public async Task Changed_beside_the_known_handler([Values] Place place, [Values] bool isBefore, [Values] bool isTwice)
    {
        Recording network = new();
        await using var host = await StartAsync(
            place,
            t => t.To("https://photos-tls"),
            "https://photos-tls",
            network,
            last: http =>
            {
                if (!isBefore)
                    http.AddHttpMessageHandler(() => new Changing(request => request.RequestUri = new("https://127.0.0.1:10/me")));
                if (isTwice)
                    http.AddServiceDiscovery();
            },
            first: http =>
            {
                if (isBefore)
                    http.Services.ConfigureHttpClientDefaults(all =>
                        all.AddHttpMessageHandler(() => new Changing(request => request.RequestUri = new("https://127.0.0.1:9/me")))
                    );
            }
        );
        await host.SignedInAsync();
        Assert.That(async () => await host.Http.GetAsync("/me"), Throws.TypeOf<OAuthException>().With.Message.Contain("not sent"));
        Assert.That(network.Address, Is.Null);
    }

    [TestCase(true)]
    [TestCase(false)]
    [Description(
        "Without AllowServiceDiscovery() another handler that resolves names, behind or before the token handler, changes the origin: the "
            + "request is not sent, and the message names the method"
    )]
    public async Task Other_handler_is_not_declared(bool isBefore)
    {
        Recording network = new();
        void Resolve(IHttpClientBuilder http) =>
            http.AddHttpMessageHandler(() => new Changing(request => request.RequestUri = new("https://127.0.0.1:9/me")));
        await using var host = await StartAsync(
            place: null,
            t => t.To("https://photos-tls"),
            "https://photos-tls",
            network,
            last: isBefore ? null : Resolve,
            first: isBefore ? Resolve : null
        );
        await host.SignedInAsync();
        Assert.That(
            async () => await host.Http.GetAsync("/me"),
            Throws.TypeOf<OAuthException>().With.Message.Contain("AllowServiceDiscovery()").And.Message.Contain("not sent")
        );
        Assert.That(network.Address, Is.Null);
    }

    [TestCase("http://orders", true, "http://orders.internal:8080/me")]
    [TestCase("https+http://orders", true, "http://orders.internal:8080/me")]
    [TestCase("https+http://orders", false, null)]
    [Description("Instances of a service with plain http in a trusted network: only by DangerouslyToHttp")]
    public async Task Plain_http_in_a_trusted_network(string service, bool isAllowed, string? address)
    {
        foreach (var place in Enum.GetValues<Place>())
        {
            Recording network = new();
            await using var host = await StartAsync(
                place,
                t => (isAllowed ? t.DangerouslyToHttp(service) : t.To(service)).AllowServiceDiscovery(),
                service,
                network
            );
            await host.SignedInAsync();
            Assert.That(
                async () => await host.Http.GetAsync("/me"),
                isAllowed ? Throws.Nothing : Throws.TypeOf<OAuthException>().With.Message.Contains("DangerouslyToHttp")
            );
            Assert.That(network.Address?.OriginalString, Is.EqualTo(address));
        }
    }
}
