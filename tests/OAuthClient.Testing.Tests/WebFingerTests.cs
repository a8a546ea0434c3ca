using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests WebFinger and third-party initiated login.</summary>
[TestFixture]
internal sealed class WebFingerTests
{
    private const string IssuerRelation = "http://openid.net/specs/connect/1.0/issuer";

    [TestCase("acct:alice@{authority}", Description = "OpenID Connect Discovery §2.2.1")]
    [TestCase("{origin}/bob", Description = "OpenID Connect Discovery §2.2.2")]
    [TestCase("{origin}", Description = "OpenID Connect Discovery §2.2.3")]
    [TestCase("{origin}/")]
    public async Task Issuer_is_returned_for_a_known_resource(string resource)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.PathBase = "/tenants/one");
        string requested = Fill(bed, resource);

        using HttpResponseMessage response = await RequestAsync(bed, requested, IssuerRelation);
        JsonObject descriptor = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/jrd+json"), "RFC 7033 §4.4");
            Assert.That((string?)descriptor["subject"], Is.EqualTo(requested));
            Assert.That((string?)descriptor["links"]!.AsArray().Single()!["rel"], Is.EqualTo(IssuerRelation));
            Assert.That((string?)descriptor["links"]!.AsArray().Single()!["href"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That(bed.Server.RequestsTo(TestEndpoint.WebFinger), Has.Count.EqualTo(1));
        }
    }

    [TestCase("acct:unknown@{authority}", HttpStatusCode.NotFound)]
    [TestCase("acct:alice@elsewhere.example", HttpStatusCode.NotFound)]
    [TestCase("{origin}/unknown", HttpStatusCode.NotFound)]
    [TestCase("https://elsewhere.example/alice", HttpStatusCode.NotFound)]
    [TestCase("alice", HttpStatusCode.NotFound)]
    [TestCase(null, HttpStatusCode.BadRequest)]
    [Description("RFC 7033 §4.2: an unknown resource results in 404, a missing one in 400")]
    public async Task Unknown_resource_is_rejected(string? resource, HttpStatusCode status)
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await RequestAsync(bed, resource is null ? null : Fill(bed, resource), IssuerRelation);

        Assert.That(response.StatusCode, Is.EqualTo(status));
    }

    [TestCase(null, 1)]
    [TestCase("http://webfinger.net/rel/avatar", 0)]
    [Description("RFC 7033 §4.3: rel filters the links")]
    public async Task Links_are_filtered_by_relation(string? relation, int links)
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await RequestAsync(bed, Fill(bed, "acct:alice@{authority}"), relation);

        Assert.That(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["links"]!.AsArray(), Has.Count.EqualTo(links));
    }

    [Test, Description("OpenID Connect Core §4: the address contains iss and the specified parameters")]
    public async Task InitiateLogin_returns_the_address_for_a_third_party()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = new() { ClientId = "photos", InitiateLoginUri = new Uri("https://photos.example/login?from=portal") };

        Uri full = bed.Server.InitiateLogin(client, "alice@example.com", "https://photos.example/album?id=1&x=2");
        Uri minimal = bed.Server.InitiateLogin(client);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(full.GetLeftPart(UriPartial.Path), Is.EqualTo("https://photos.example/login"));
            Assert.That(
                TestBed.Query(full),
                Is.EqualTo(
                    new Dictionary<string, string>
                    {
                        ["from"] = "portal",
                        ["iss"] = bed.Server.Issuer.OriginalString,
                        ["login_hint"] = "alice@example.com",
                        ["target_link_uri"] = "https://photos.example/album?id=1&x=2",
                    }
                )
            );
            Assert.That(TestBed.Query(minimal).Keys, Is.EquivalentTo(["from", "iss"]));
            Assert.That(() => bed.Server.InitiateLogin(new TestClient { ClientId = "none" }), Throws.ArgumentException);
        }
    }

    private static string Fill(TestBed bed, string resource) =>
        resource
            .Replace("{authority}", bed.Server.Issuer.Authority, StringComparison.Ordinal)
            .Replace("{origin}", bed.Server.Issuer.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);

    private static Task<HttpResponseMessage> RequestAsync(TestBed bed, string? resource, string? relation)
    {
        List<string> query = [];
        if (resource is not null)
            query.Add("resource=" + Uri.EscapeDataString(resource));
        if (relation is not null)
            query.Add("rel=" + Uri.EscapeDataString(relation));
        return bed.GetAsync(new Uri(bed.Server.Issuer, "/.well-known/webfinger?" + string.Join('&', query)));
    }
}
