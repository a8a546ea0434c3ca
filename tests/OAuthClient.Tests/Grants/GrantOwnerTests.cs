namespace OAuthClient.Tests;

/// <summary>Tests the identity of grant owners: kind, issuer and id, and the text form that is parsed back.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantOwnerTests
{
    private static readonly GrantOwner[] Different =
    [
        GrantOwner.Client,
        GrantOwner.User("42"),
        GrantOwner.User("4"),
        GrantOwner.User("42 "),
        GrantOwner.User("client"),
        GrantOwner.User("user:42"),
        GrantOwner.User("https://a.example 42"),
        GrantOwner.User("subject:https://a.example 42"),
        GrantOwner.User("staff:42"),
        GrantOwner.User("42", "staff"),
        GrantOwner.User("42", "staf"),
        GrantOwner.User("f:42", "staf"),
        GrantOwner.User("42", "Staff"),
        GrantOwner.Subject("https://a.example", "42"),
        GrantOwner.Subject("https://a.exampl", "e 42"),
        GrantOwner.Subject("https://a.example 4", "2"),
        GrantOwner.Subject("https://b.example", "42"),
        GrantOwner.Subject("https://a.example%20", "42"),
        GrantOwner.Subject("https://a.example ", "42"),
        GrantOwner.Subject("GitHub", "1001"),
        GrantOwner.Subject("SmallForge", "1001"),
        GrantOwner.Service("42"),
        GrantOwner.Service("client"),
        GrantOwner.Service("staff:42"),
        GrantOwner.Service("https://a.example 42"),
    ];

    [Test]
    [Description("Threat: a user chooses an id that looks like an owner of another kind. Owners of different kinds are never equal")]
    public void Owners_of_different_kind_issuer_scope_or_id_differ()
    {
        Assert.That(Different.Distinct().Count(), Is.EqualTo(Different.Length));
        Assert.That(Different.Select(owner => owner.ToString()).Distinct(StringComparer.Ordinal).Count(), Is.EqualTo(Different.Length));
        Assert.That(Different.Select(owner => owner.GetHashCode()).Distinct().Count(), Is.GreaterThan(Different.Length / 2));
    }

    [TestCaseSource(nameof(Different))]
    [Description("The text form keeps kind, issuer, scope and id, so that a job table can store an owner")]
    public void Text_form_round_trips(GrantOwner owner)
    {
        var read = GrantOwner.Parse(owner.ToString());
        Assert.That(read, Is.EqualTo(owner));
        Assert.That(read == owner && !(read != owner) && read.GetHashCode() == owner.GetHashCode(), Is.True);
        Assert.That((read.Kind, read.Issuer, read.Scope, read.Id), Is.EqualTo((owner.Kind, owner.Issuer, owner.Scope, owner.Id)));
    }

    [Test]
    [Description("Applications store the text form, so it must not change")]
    public void Text_form_is_fixed()
    {
        Assert.That(GrantOwner.Client.ToString(), Is.EqualTo("client"));
        Assert.That(GrantOwner.User("a b:c").ToString(), Is.EqualTo("user:a b:c"));
        Assert.That(GrantOwner.User("42", "staff").ToString(), Is.EqualTo("user/staff:42"));
        Assert.That(
            GrantOwner.Subject("https://a.example/100% b", "x y").ToString(),
            Is.EqualTo("subject:https://a.example/100%25%20b x y")
        );
        Assert.That(GrantOwner.Service("billing").ToString(), Is.EqualTo("service:billing"));
    }

    [Test]
    public void Parts_can_be_read()
    {
        var subject = GrantOwner.Subject("https://a.example/100%20 b", "x y");
        Assert.That(
            (subject.Kind, subject.Issuer, subject.Id, subject.Scope),
            Is.EqualTo((GrantOwnerKind.Subject, "https://a.example/100%20 b", "x y", (string?)null))
        );
        var staff = GrantOwner.User("a:b", "staff");
        Assert.That((staff.Kind, staff.Issuer, staff.Id, staff.Scope), Is.EqualTo((GrantOwnerKind.User, (string?)null, "a:b", "staff")));
        Assert.That((GrantOwner.Client.Kind, GrantOwner.Client.Id), Is.EqualTo((GrantOwnerKind.Client, (string?)null)));
        Assert.That((GrantOwner.Service("b").Kind, GrantOwner.Service("b").Id), Is.EqualTo((GrantOwnerKind.Service, "b")));
    }

    [TestCase("")]
    [TestCase("42")]
    [TestCase("Client")]
    [TestCase("client:")]
    [TestCase("user:")]
    [TestCase("user: ")]
    [TestCase("User:42")]
    [TestCase("user/:42")]
    [TestCase("user/staff")]
    [TestCase("user/staff:")]
    [TestCase("user/a b:42")]
    [TestCase("subject:https://a.example")]
    [TestCase("subject: 42")]
    [TestCase("subject:https://a.example ")]
    [TestCase("subject:https://a.example% 42")]
    [TestCase("subject:https://a.example%41 42")]
    [TestCase("service:")]
    [TestCase("user:a\0b")]
    [Description("A bare id has no kind and is not parsed; each owner has exactly one text form")]
    public void Other_text_is_rejected(string text)
    {
        Assert.That(GrantOwner.TryParse(text, out var owner), Is.False);
        Assert.That(owner, Is.Null);
        Assert.That(() => GrantOwner.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains("GrantOwner.User(id)"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" ")]
    [TestCase("a\0")]
    [Description(
        "Threat: a missing user id must not become an owner. NUL and half a surrogate pair cannot be stored unchanged and would "
            + "become another id"
    )]
    public void Ids_that_cannot_be_stored_are_rejected(string? id)
    {
        Assert.That(() => GrantOwner.User(id!), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => GrantOwner.User(id!, "staff"), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => GrantOwner.Service(id!), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => GrantOwner.Subject("https://a.example", id!), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => GrantOwner.Subject(id!, "42"), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    [Description("Half a surrogate pair would be stored as another character, and so as another id")]
    public void Half_surrogate_pairs_are_rejected()
    {
        foreach (string id in (string[])["\ud800", "a\udc00", "\udc00\ud800", "\ud83d\ude00\ud83d"])
        {
            Assert.That(() => GrantOwner.User(id), Throws.ArgumentException);
            Assert.That(GrantOwner.TryParse("user:" + id, out _), Is.False);
        }
    }

    [TestCase("")]
    [TestCase("a b")]
    [TestCase("a:b")]
    [TestCase("a/b")]
    [TestCase("ä")]
    public void Scopes_are_plain_names(string scope) => Assert.That(() => GrantOwner.User("42", scope), Throws.ArgumentException);

    [Test]
    [Description("Text outside the basic multilingual plane is a valid id")]
    public void Whole_surrogate_pairs_are_accepted() =>
        Assert.That(GrantOwner.Parse(GrantOwner.User("\ud83d\ude00").ToString()), Is.EqualTo(GrantOwner.User("\ud83d\ude00")));

    [Test]
    public void Operators_agree_with_equality()
    {
        GrantOwner? missing = null,
            another = null;
        GrantOwner one = GrantOwner.User("a"),
            same = GrantOwner.User("a"),
            two = GrantOwner.User("b");
        Assert.Multiple(() =>
        {
            Assert.That(one == same, Is.True);
            Assert.That(one != same, Is.False);
            Assert.That(one == two, Is.False);
            Assert.That(one != two, Is.True);
            Assert.That(one == missing, Is.False);
            Assert.That(missing == one, Is.False);
            Assert.That(missing != one, Is.True);
            Assert.That(missing == another, Is.True);
            Assert.That(one == GrantOwner.Client, Is.False);
            Assert.That(one.Equals("user:a" as object), Is.False);
            Assert.That(GrantOwner.Client.Equals(null), Is.False);
        });
    }

    [Test]
    [Description("The client itself never receives a current user's token")]
    public void The_client_is_not_a_current_user()
    {
        Assert.That(() => GrantOwner.Client.AsCurrentUser(), Throws.InvalidOperationException.With.Message.Contain("ForClient()"));
        Assert.That(
            () => new AccessTokenHandlerOptions().ForOwner(GrantOwner.Client),
            Throws.ArgumentException.With.Message.Contain("ForClient()")
        );
    }
}
