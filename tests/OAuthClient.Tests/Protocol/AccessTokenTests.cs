namespace OAuthClient.Tests;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AccessTokenTests
{
    [TestCase("mF_9.B5f-4.1JqM")]
    [TestCase("a|b~c !\"#$%&'()*+,-./:;<=>?@[\\]^_`{}")]
    [TestCase(" ")]
    [TestCase("~")]
    [Description("RFC 6749 appendix A.12: every visible ASCII character and the space, which real servers use")]
    public void A_token_of_visible_characters_is_sent_unchanged(string value)
    {
        var token = Token(value);

        Assert.That(token.Reveal(), Is.EqualTo(value));
        Assert.That(token.AuthorizationHeader, Is.EqualTo("Bearer " + value));
        Assert.That(token.TokenType, Is.EqualTo("Bearer"));
    }

    [TestCase("\r")]
    [TestCase("\n")]
    [TestCase("\r\nX-Evil: 1")]
    [TestCase("\0")]
    [TestCase("\t")]
    [TestCase("\u001f")]
    [TestCase("\u007f")]
    [TestCase("\u0080")]
    [TestCase("\u00fc")]
    [TestCase("\u010a")]
    [TestCase("\u2028")]
    [TestCase("\ud83d\ude00")]
    [Description("RFC 6749 appendix A.12: a line break would allow header injection; the message does not contain the token")]
    public void A_token_with_another_character_is_rejected(string character)
    {
        foreach (string value in new[] { character, "canary" + character, character + "canary", "canary" + character + "canary" })
        {
            Assert.That(
                () => Token(value),
                Throws
                    .InstanceOf<OAuthProtocolException>()
                    .With.Message.Contains("A.12")
                    .And.Message.Not.Contains("canary")
                    .And.Message.Not.Contains("\r")
            );
        }
    }

    [Test]
    [Description("RFC 6749 appendix A.12: 1*VSCHAR, so a token is not empty")]
    public void An_empty_token_is_rejected() => Assert.That(() => Token(""), Throws.InstanceOf<OAuthProtocolException>());

    [Test]
    [Description("RFC 6749 §5.1: the token keeps the values of the token response")]
    public void It_keeps_the_values_of_the_response()
    {
        var token = new AccessToken(
            "a",
            SampleConfiguration.Now,
            SampleConfiguration.Now.AddSeconds(60),
            ["s"],
            ["https://api.example.com"]
        );

        Assert.That(token.IssuedAt, Is.EqualTo(SampleConfiguration.Now));
        Assert.That(token.ExpiresAt, Is.EqualTo(SampleConfiguration.Now.AddSeconds(60)));
        Assert.That(token.Scopes, Is.EqualTo(["s"]));
        Assert.That(token.Resources, Is.EqualTo(["https://api.example.com"]));
        Assert.That(Token("a").ExpiresAt, Is.Null);
    }

    private static AccessToken Token(string value) => new(value, SampleConfiguration.Now, null, [], []);
}
