using static OAuthClient.Tests.SampleRequest;

namespace OAuthClient.Tests;

/// <summary>Tests the scopes and resources of an authorization request (RFC 6749 §3.3, RFC 8707 §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RequestedScopesTests
{
    [Test]
    [Description("RFC 6749 §3.3, RFC 8707 §2: scopes and resources of the call replace those of the options, even when empty")]
    public void The_calls_scopes_and_resources_replace_the_options()
    {
        static void Register(OAuthClientOptions o)
        {
            o.Scopes = ["registered"];
            o.Resources = [new("https://registered.example.com")];
        }

        var other = Begin(Register, new() { Scopes = ["a", "b", "a"], Resources = [new("https://requested.example.com")] });
        var none = Begin(Register, new() { Scopes = [], Resources = [] });

        Assert.That(QueryPairs.Single(other.AuthorizationUri)["scope"], Is.EqualTo("a b"));
        Assert.That(QueryPairs.Single(other.AuthorizationUri)["resource"], Is.EqualTo("https://requested.example.com"));
        Assert.That(other.Scopes, Is.EqualTo(["a", "b"]));
        Assert.That(other.Resources, Is.EqualTo(["https://requested.example.com"]));
        Assert.That(QueryPairs.Single(none.AuthorizationUri).Keys, Has.None.AnyOf("scope", "resource"));
        Assert.That(none.Scopes, Is.Empty);
        Assert.That(none.Resources, Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §3.1: a duplicate resource is sent once")]
    public void A_duplicate_resource_is_sent_once()
    {
        var requested = Begin(parameters: new() { Resources = [new("https://a.example.com/x"), new("https://a.example.com/x")] });
        var registered = Begin(o => o.Resources = [new("https://a.example.com/x"), new("https://a.example.com/x")]);

        Assert.That(QueryPairs.Of(requested.AuthorizationUri).Count(pair => pair.Key == "resource"), Is.EqualTo(1));
        Assert.That(QueryPairs.Of(registered.AuthorizationUri).Count(pair => pair.Key == "resource"), Is.EqualTo(1));
    }

    [TestCase("with space")]
    [TestCase("quote\"d")]
    [TestCase("back\\slash")]
    [TestCase("")]
    [TestCase("ümlaut")]
    [TestCase("line\nbreak")]
    [Description("RFC 6749 §3.3, A.4: a scope with characters that are not allowed is rejected")]
    public void A_malformed_scope_is_rejected(string scope) =>
        Assert.That(
            () => Begin(parameters: new() { Scopes = ["good", scope] }),
            Throws
                .ArgumentException.With.Message.Contains($"The scope '{scope}' is empty or contains a space")
                .And.Message.Contains("RFC 6749 §3.3")
        );

    [Test]
    [Description("RFC 6749 §3.3: a null scope is rejected and not sent as an empty one")]
    public void A_null_scope_is_rejected() =>
        Assert.That(() => Begin(parameters: new() { Scopes = ["good", null!, "better"] }), Throws.InstanceOf<ArgumentException>());

    [TestCase("/relative")]
    [TestCase("https://api.example.com/#fragment")]
    [TestCase("https://api.example.com/#")]
    [Description("RFC 8707 §2: a resource is an absolute URI without a fragment")]
    public void A_malformed_resource_is_rejected(string resource) =>
        Assert.That(
            () => Begin(parameters: new() { Resources = [new("https://good.example.com"), new(resource, UriKind.RelativeOrAbsolute)] }),
            Throws.ArgumentException.With.Message.Contains(resource).And.Message.Contains("absolute URI without a fragment (RFC 8707 §2)")
        );

    [Test]
    [Description("RFC 8707 §2: a null resource throws ArgumentException")]
    public void A_null_resource_is_rejected() =>
        Assert.That(() => Begin(parameters: new() { Resources = [null!] }), Throws.InstanceOf<ArgumentException>());
}
