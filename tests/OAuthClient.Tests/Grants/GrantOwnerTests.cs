namespace OAuthClient.Tests;

/// <summary>Whose a grant is: never mixed up.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantOwnerTests
{
    [Test]
    public void The_client_is_no_user()
    {
        Assert.That(GrantOwner.Client.Id, Is.Null);
        Assert.That(GrantOwner.Client, Is.Not.EqualTo(GrantOwner.ResourceOwner("the client itself")));
        Assert.That(GrantOwner.Client.Equals(null), Is.False);
        Assert.That(GrantOwner.Client.ToString(), Is.EqualTo("the client itself"));
        Assert.That(GrantOwner.Client.GetHashCode(), Is.Zero);
    }

    [Test]
    public void Users_are_told_apart_to_the_letter()
    {
        GrantOwner same = "a";
        Assert.That(GrantOwner.ResourceOwner("a"), Is.EqualTo(same));
        Assert.That(GrantOwner.ResourceOwner("a").GetHashCode(), Is.EqualTo(same.GetHashCode()));
        Assert.That(GrantOwner.ResourceOwner("a"), Is.Not.EqualTo(GrantOwner.ResourceOwner("A")));
        Assert.That(GrantOwner.ResourceOwner("a"), Is.Not.EqualTo(GrantOwner.ResourceOwner("a ")));
        Assert.That(GrantOwner.ResourceOwner("a").Equals("a" as object), Is.False);
        Assert.That(GrantOwner.ResourceOwner("a").ToString(), Is.EqualTo("'a'"));
    }

    [Test]
    public void Operators_agree_with_equality()
    {
        GrantOwner? nobody = null, another = null;
        GrantOwner one = "a", same = "a", two = "b";
        Assert.Multiple(() =>
        {
            Assert.That(one == same, Is.True);
            Assert.That(one != same, Is.False);
            Assert.That(one == two, Is.False);
            Assert.That(one != two, Is.True);
            Assert.That(one == nobody, Is.False);
            Assert.That(nobody == one, Is.False);
            Assert.That(nobody != one, Is.True);
            Assert.That(nobody == another, Is.True);
            Assert.That(one == GrantOwner.Client, Is.False);
        });
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" ")]
    [Description("Threat: a missing user id must not become somebody, least of all the client")]
    public void Nobody_is_nobody(string? id)
    {
        Assert.That(() => GrantOwner.ResourceOwner(id!), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => (GrantOwner)id!, Throws.InstanceOf<ArgumentException>());
    }
}
