using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests that an issuer template matches exactly one issuer per tenant (OpenID Connect Core §3.1.3.7 (2)).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class IssuerTemplateTests
{
    private const string Template = "https://login.example.com/{tenantid}/v2.0";

    [TestCase("https://login.example.com/one/v2.0", true)]
    [TestCase("https://login.example.com/One.two-3_4/v2.0", true)]
    [TestCase("https://login.example.com/{tenantid}/v2.0", false)]
    [TestCase("https://login.example.com//v2.0", false)]
    [TestCase("https://login.example.com/v2.0", false)]
    [TestCase("https://login.example.com/./v2.0", false)]
    [TestCase("https://login.example.com/../v2.0", false)]
    [TestCase("https://login.example.com/one/two/v2.0", false)]
    [TestCase("https://login.example.com/one%2Ftwo/v2.0", false)]
    [TestCase("https://login.example.com/one/v2.0/", false)]
    [TestCase("https://LOGIN.example.com/one/v2.0", false)]
    [TestCase("https://login.example.com/one/v2.1", false)]
    [TestCase("https://login.example.com/one?/v2.0", false)]
    [TestCase("", false)]
    [Description(
        "Threat: issuer confusion. The tenant is one segment of letters, digits and a few other characters; the rest must be equal"
    )]
    public void Matching_issuers(string issuer, bool matches)
    {
        Assert.That(IssuerTemplate.Matches(Template, issuer), Is.EqualTo(matches));
        Assert.That(new IssuerTemplate(Template, []).Allows(issuer), Is.EqualTo(matches));
        Assert.That(new IssuerTemplate(Template, ["another"]).Allows(issuer), Is.False);
        Assert.That(IssuerTemplate.Matches("https://as.example", issuer), Is.False);
    }

    [Test]
    [Description("A template may end with its tenant; an issuer without a tenant is compared literally")]
    public void Other_templates()
    {
        Assert.That(IssuerTemplate.Matches("https://as.example/{tenantid}", "https://as.example/one"), Is.True);
        Assert.That(IssuerTemplate.Matches("https://as.example/{tenantid}", "https://as.example/"), Is.False);
        Assert.That(IssuerTemplate.Matches("https://as.example", "https://as.example"), Is.True);
        Assert.That(IssuerTemplate.IsTenant(new string('a', 128)), Is.True);
        Assert.That(IssuerTemplate.IsTenant(new string('a', 129)), Is.False);
        Assert.That(IssuerTemplate.IsTenant("\u00e4"), Is.False);
    }

    [Test]
    [Description("The tid claim alone determines which issuer a token must have")]
    public void The_issuer_of_a_tenant()
    {
        IssuerTemplate template = new(Template, ["one"]);
        Assert.That(For(template, """{"tid":"one"}"""), Is.EqualTo("https://login.example.com/one/v2.0"));
        Assert.That(
            () => For(template, """{"tid":"two"}"""),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("'two'").And.Message.Contains("AllowedTenants")
        );
        Assert.That(
            () => For(template, """{"tid":5}"""),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("states no tenant")
        );
        Assert.That(
            () => For(template, "{}"),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("The ID Token states no tenant")
        );
    }

    private static string For(IssuerTemplate template, string claims) =>
        template.Validate(StrictJson.TryParseObject(Encoding.UTF8.GetBytes(claims))!.Value, "ID Token");
}
