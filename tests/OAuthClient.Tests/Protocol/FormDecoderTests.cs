namespace OAuthClient.Tests;

/// <summary>Tests the decoding of forms and queries (RFC 6749 Appendix B).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FormDecoderTests
{
    [TestCase("a=1&b=2", "a=1 b=2")]
    [TestCase("a=1+2%2B3&%61=%C3%BC", "a=1 2+3 a=ü")]
    [TestCase("a==b=&c=", "a==b= c=")]
    [TestCase("&&a&", "a-")]
    [TestCase("a=%E9%", "a=%E9%")]
    [TestCase("", "")]
    [Description("Names and values are decoded in their order, and what cannot be decoded is kept")]
    public void A_form_is_decoded(string encoded, string expected) =>
        Assert.That(
            string.Join(' ', FormDecoder.Decode(encoded).Select(pair => pair.Name + (pair.Value is null ? "-" : "=" + pair.Value))),
            Is.EqualTo(expected)
        );
}
