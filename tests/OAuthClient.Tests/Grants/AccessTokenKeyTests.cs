namespace OAuthClient.Tests;

/// <summary>Tests that different selections never share a key, and that the order within a selection does not matter.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AccessTokenKeyTests
{
    private static readonly string[][][] Selections =
    [
        [
            [],
            [],
        ],
        [
            ["a"],
            [],
        ],
        [
            [],
            ["a"],
        ],
        [
            ["a", "b"],
            [],
        ],
        [
            ["a"],
            ["b"],
        ],
        [
            ["ab"],
            [],
        ],
        [
            ["1:a"],
            [],
        ],
        [
            ["a1:b"],
            [],
        ],
        [
            ["a"],
            ["a"],
        ],
        [
            ["a:1:b"],
            [],
        ],
        [
            ["0:"],
            [],
        ],
        [
            ["A"],
            [],
        ],
        [
            [],
            ["a", "b"],
        ],
        [
            [],
            ["a1:b"],
        ],
    ];

    [Test]
    [Description("Threat: one token for another. Every part is length-prefixed, so no two selections have the same key")]
    public void Keys_of_different_selections_differ() =>
        Assert.That(Selections.Select(one => new AccessTokenKey(one[0], one[1]).Key), Is.Unique);

    [Test]
    public void Order_and_repetition_do_not_matter() =>
        Assert.That(new AccessTokenKey(["b", "a", "b"], ["y", "x", "x"]).Key, Is.EqualTo(new AccessTokenKey(["a", "b"], ["x", "y"]).Key));

    [Test]
    public void An_empty_selection_is_the_default_key()
    {
        Assert.That(AccessTokenKey.Default.Key, Is.Empty);
        Assert.That(new AccessTokenKey([], []).Key, Is.Empty);
        Assert.That(AccessTokenKey.From(null), Is.SameAs(AccessTokenKey.Default));
        Assert.That(AccessTokenKey.From(new AccessTokenParameters()), Is.SameAs(AccessTokenKey.Default));
    }

    [Test]
    public void Created_from_parameters()
    {
        var selection = AccessTokenKey.From(
            new AccessTokenParameters { Scopes = ["b", "a"], Resources = [new("https://B.example"), new("https://a.example/x")] }
        );
        Assert.That(selection.Scopes, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(selection.Resources, Is.EqualTo(new[] { "https://B.example", "https://a.example/x" }));
        Assert.That(AccessTokenKey.From(new AccessTokenParameters { Resources = [new("urn:x")] }).Key, Is.Not.Empty);
    }

    [TestCase("a b")]
    [TestCase("")]
    [TestCase("a\\b")]
    [Description("A malformed scope is rejected (RFC 6749 §3.3)")]
    public void Malformed_scope(string scope) =>
        Assert.That(() => AccessTokenKey.From(new() { Scopes = [scope] }), Throws.ArgumentException.With.Message.Contain("RFC 6749 §3.3"));

    [Test]
    [Description("A malformed resource is rejected (RFC 8707 §2)")]
    public void Malformed_resource() =>
        Assert.That(
            () => AccessTokenKey.From(new() { Resources = [new("https://a.example/#x")] }),
            Throws.ArgumentException.With.Message.Contain("RFC 8707 §2")
        );
}
