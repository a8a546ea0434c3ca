using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed class WebFingerTests
{
    private const string IssuerRelation = "http://openid.net/specs/connect/1.0/issuer";

    [TestCase("acct:alice@{authority}", Description = "OpenID Connect Discovery §2.2.1")]
    [TestCase("{origin}/bob", Description = "OpenID Connect Discovery §2.2.2")]
    [TestCase("{origin}", Description = "OpenID Connect Discovery §2.2.3")]
    [TestCase("{origin}/")]
    public async Task Issuer_is_found(string resource)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.PathBase = "/tenants/one");
        string asked = Fill(bed, resource);

        using HttpResponseMessage response = await AskAsync(bed, asked, IssuerRelation);
        JsonObject descriptor = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/jrd+json"), "RFC 7033 §4.4");
            Assert.That((string?)descriptor["subject"], Is.EqualTo(asked));
            Assert.That((string?)descriptor["links"]!.AsArray().Single()!["rel"], Is.EqualTo(IssuerRelation));
            Assert.That((string?)descriptor["links"]!.AsArray().Single()!["href"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That(bed.Server.RequestsTo(TestEndpoint.WebFinger), Has.Count.EqualTo(1));
        }
    }

    [TestCase("acct:nobody@{authority}", HttpStatusCode.NotFound)]
    [TestCase("acct:alice@elsewhere.example", HttpStatusCode.NotFound)]
    [TestCase("{origin}/nobody", HttpStatusCode.NotFound)]
    [TestCase("https://elsewhere.example/alice", HttpStatusCode.NotFound)]
    [TestCase("alice", HttpStatusCode.NotFound)]
    [TestCase(null, HttpStatusCode.BadRequest)]
    [Description("RFC 7033 §4.2")]
    public async Task Nobody_else_is(string? resource, HttpStatusCode status)
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await AskAsync(bed, resource is null ? null : Fill(bed, resource), IssuerRelation);

        Assert.That(response.StatusCode, Is.EqualTo(status));
    }

    [TestCase(null, 1)]
    [TestCase("http://webfinger.net/rel/avatar", 0)]
    [Description("RFC 7033 §4.3: rel picks among the links")]
    public async Task Only_links_of_the_relation_are_listed(string? relation, int links)
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await AskAsync(bed, Fill(bed, "acct:alice@{authority}"), relation);

        Assert.That(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["links"]!.AsArray(), Has.Count.EqualTo(links));
    }

    [Test, Description("OpenID Connect Core §4: iss, and the rest where given")]
    public async Task Login_can_be_started_elsewhere()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = new() { ClientId = "photos", InitiateLoginUri = new Uri("https://photos.example/login?from=portal") };

        Uri full = bed.Server.InitiateLogin(client, "alice@example.com", "https://photos.example/album?id=1&x=2");
        Uri least = bed.Server.InitiateLogin(client);

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
            Assert.That(TestBed.Query(least).Keys, Is.EquivalentTo(["from", "iss"]));
            Assert.That(() => bed.Server.InitiateLogin(new TestClient { ClientId = "none" }), Throws.ArgumentException);
        }
    }

    private static string Fill(TestBed bed, string resource) =>
        resource
            .Replace("{authority}", bed.Server.Issuer.Authority, StringComparison.Ordinal)
            .Replace("{origin}", bed.Server.Issuer.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);

    private static Task<HttpResponseMessage> AskAsync(TestBed bed, string? resource, string? relation)
    {
        List<string> query = [];
        if (resource is not null)
            query.Add("resource=" + Uri.EscapeDataString(resource));
        if (relation is not null)
            query.Add("rel=" + Uri.EscapeDataString(relation));
        return bed.GetAsync(new Uri(bed.Server.Issuer, "/.well-known/webfinger?" + string.Join('&', query)));
    }
}
