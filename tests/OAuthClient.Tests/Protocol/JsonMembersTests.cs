using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests the members of a JSON object, of which some may be malformed or occur twice (RFC 8259 §4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JsonMembersTests
{
    [Test]
    [Description("RFC 8259 §4: the last of repeated members is the value, as for the parser and for the members of a token response")]
    public void The_last_of_repeated_members_is_the_value()
    {
        using var document = StrictJson.TryParseTolerantly("""{"a":"1","b":"x","a":"2","a":"3"}"""u8.ToArray())!;
        JsonMembers members = new(document.RootElement);

        Assert.That(members["a"].GetString(), Is.EqualTo("3"));
        Assert.That(document.RootElement.Member("a").GetString(), Is.EqualTo("3"));
        Assert.That(TokenMembers.Read(document.RootElement).Others["a"].GetString(), Is.EqualTo("3"));
        Assert.That((members.IsRepeated("a"), members.IsRepeated("b")), Is.EqualTo((true, false)));
    }

    [Test]
    [Description("A text that occurs twice is none, because it is not known which one the server means")]
    public void A_repeated_text_is_none()
    {
        using var document = StrictJson.TryParseTolerantly(Encoding.UTF8.GetBytes("""{"a":"1","a":"2","b":["x"],"b":["y"]}"""))!;
        JsonMembers members = new(document.RootElement);

        Assert.That((members.TextIfAny("a"), members.TextsIfAny("b")), Is.EqualTo(((string?)null, (IReadOnlyList<string>?)null)));
        Assert.That(members.Describe("a"), Is.EqualTo("twice, as '1' and '2'"));
    }
}
