using System.Text;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that a common token response is read in one pass; any other is left to the slower reader that reports the fault (RFC 6749 §5.1).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TokenMembersTests
{
    [Test]
    public void Common_response()
    {
        Assert.That(
            TokenMembers.TryRead(
                """
                {"token_type":"Bearer","access_token":"at\/1","expires_in":3600,"refresh_token":"rt","scope":"a b",
                "id_token":"a.b.c","session_state":"s","not-before-policy":0}
                """u8,
                out var members
            ),
            Is.True
        );
        Assert.That(
            (members.AccessToken, members.TokenType, members.Lifetime, members.RefreshToken, members.Scope, members.IdToken),
            Is.EqualTo(("at/1", "Bearer", 3600L, "rt", "a b", "a.b.c"))
        );
        Assert.That(
            members.AdditionalMembers!.Select(member => $"{member.Key}={member.Value}"),
            Is.EqualTo(new[] { "session_state=s", "not-before-policy=0" })
        );
    }

    [TestCase("9223372036854775807", 315_360_000)]
    [TestCase("315360001", 315_360_000)]
    [TestCase("0", 0)]
    [TestCase("-1", 0)]
    public void Lifetime_within_bounds(string stated, long seconds)
    {
        Assert.That(
            TokenMembers.TryRead(Encoding.UTF8.GetBytes($$"""{"access_token":"at","expires_in":{{stated}}}"""), out var members),
            Is.True
        );
        Assert.That(members.Lifetime, Is.EqualTo(seconds));
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{")]
    [TestCase("{}{}")]
    [TestCase("{} x")]
    [TestCase("{/**/}")]
    [TestCase("""{"error":"invalid_grant"}""")]
    [TestCase("""{"error":null}""")]
    [TestCase("""{"access_token":null}""")]
    [TestCase("""{"access_token":""}""")]
    [TestCase("""{"access_token":5}""")]
    [TestCase("""{"access_token":"\ud800"}""")]
    [TestCase("""{"access\u005ftoken":"at"}""")]
    [TestCase("""{"access_token":"at","access_token":"at"}""")]
    [TestCase("""{"token_type":"Bearer","token_type":"Bearer"}""")]
    [TestCase("""{"expires_in":1,"expires_in":1}""")]
    [TestCase("""{"expires_in":"3600"}""")]
    [TestCase("""{"expires_in":3600.5}""")]
    [TestCase("""{"expires_in":9223372036854775808}""")]
    [TestCase("""{"scope":"a","scope":"b"}""")]
    [TestCase("""{"refresh_token":"a","refresh_token":"b"}""")]
    [TestCase("""{"id_token":"a","id_token":"b"}""")]
    [TestCase("""{"x":1,"x":2}""")]
    [TestCase("""{"x":{"y":1,"y":2}}""")]
    [TestCase("""{"x":[]}""")]
    [Description("RFC 8259 §4, RFC 6749 §5.2: an error, a duplicate member, another type or a nested value is not read here")]
    public void Uncommon_response(string json) => Assert.That(TokenMembers.TryRead(Encoding.UTF8.GetBytes(json), out _), Is.False);

    [Test]
    [Description("RFC 8259 §8.1: a byte order mark and invalid UTF-8 are not read here")]
    public void Other_bytes()
    {
        Assert.That(TokenMembers.TryRead([0xEF, 0xBB, 0xBF, .. """{"access_token":"at"}"""u8], out _), Is.False);
        Assert.That(TokenMembers.TryRead([.. "{\"access_token\":\"a"u8, 0xFF, .. "\"}"u8], out _), Is.False);
        Assert.That(TokenMembers.TryRead([.. "{\"a"u8, 0xFF, .. "\":1}"u8], out _), Is.False);
    }
}
