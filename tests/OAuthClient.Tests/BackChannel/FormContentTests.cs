using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests that forms are encoded as by FormUrlEncodedContent, with a known length.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FormContentTests
{
    private static IEnumerable<TestCaseData> Forms()
    {
        yield return Case("empty");
        yield return Case("one", ("grant_type", "client_credentials"));
        yield return Case("empty value", ("a", ""), ("b", "c"));
        yield return Case("empty name", ("", "a"));
        yield return Case("space and plus", ("a b", "c+d e"));
        yield return Case("reserved", ("redirect_uri", "https://app.example/callback?a=b&c=d#e"), ("x", "!*'();:@&=+$,/?%#[]"));
        yield return Case("unreserved", ("x", "-._~09azAZ"));
        yield return Case("controls", ("x", "\0\t\r\n\u007f"));
        yield return Case("two bytes", ("ä", "ü\u0080\u07ff"));
        yield return Case("three bytes", ("x", "€\u0800\uffff"));
        yield return Case("four bytes", ("x", "😀\U0010ffff"));
        yield return Case("lone surrogates", ("x", "a\ud800b\udc00c\ud83d"));

        static TestCaseData Case(string name, params (string Name, string Value)[] fields) =>
            new TestCaseData(arg: fields.Select(field => KeyValuePair.Create(field.Name, field.Value)).ToArray()).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Forms))]
    [Description("RFC 6749 appendix B: the encoding equals that of FormUrlEncodedContent")]
    public async Task The_encoding_equals_that_of_the_framework(KeyValuePair<string, string>[] form)
    {
        using FormUrlEncodedContent expected = new(form);
        using FormContent content = new(FormContent.Encode(form));
        Assert.That(await content.ReadAsStringAsync(), Is.EqualTo(await expected.ReadAsStringAsync()));
        Assert.That(content.Headers.ContentLength, Is.EqualTo(expected.Headers.ContentLength));
        Assert.That(content.Headers.ContentType, Is.EqualTo(expected.Headers.ContentType));
    }

    [Test]
    [Description("RFC 6749 appendix B: the encoding of random text equals that of FormUrlEncodedContent")]
    public async Task The_encoding_of_random_text_equals_that_of_the_framework()
    {
        for (int i = 0; i < 2000; i++)
        {
            var form = Enumerable.Range(0, RandomNumberGenerator.GetInt32(5)).Select(_ => KeyValuePair.Create(Text(), Text())).ToArray();
            using FormUrlEncodedContent expected = new(form);
            Assert.That(FormContent.Encode(form), Is.EqualTo(await expected.ReadAsByteArrayAsync()), string.Join('&', form));
        }
    }

    private static string Text()
    {
        StringBuilder text = new();
        for (int remaining = RandomNumberGenerator.GetInt32(12); remaining > 0; remaining--)
            text.Append((char)RandomNumberGenerator.GetInt32(RandomNumberGenerator.GetInt32(2) == 0 ? 0x80 : 0x10000));
        return text.ToString();
    }
}
