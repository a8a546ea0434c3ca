using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Tests;

/// <summary>The form as it goes over the wire: in the framework's very words, and of a length that is known.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FormContentTests
{
    private static IEnumerable<TestCaseData> Forms()
    {
        yield return Case("nothing");
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
        yield return Case("half characters", ("x", "a\ud800b\udc00c\ud83d"));

        static TestCaseData Case(string name, params (string Name, string Value)[] fields) =>
            new TestCaseData(arg: fields.Select(field => KeyValuePair.Create(field.Name, field.Value)).ToArray()).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Forms))]
    [Description("RFC 6749 appendix B")]
    public async Task Is_written_as_the_framework_writes_it(KeyValuePair<string, string>[] form)
    {
        using FormUrlEncodedContent expected = new(form);
        using FormContent content = new(FormContent.Encode(form));
        Assert.That(await content.ReadAsStringAsync(), Is.EqualTo(await expected.ReadAsStringAsync()));
        Assert.That(content.Headers.ContentLength, Is.EqualTo(expected.Headers.ContentLength));
        Assert.That(content.Headers.ContentType, Is.EqualTo(expected.Headers.ContentType));
    }

    [Test]
    [Description("RFC 6749 appendix B: whatever characters there are")]
    public async Task Is_written_as_the_framework_writes_it_whatever_it_holds()
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
        for (int left = RandomNumberGenerator.GetInt32(12); left > 0; left--)
            text.Append((char)RandomNumberGenerator.GetInt32(RandomNumberGenerator.GetInt32(2) == 0 ? 0x80 : 0x10000));
        return text.ToString();
    }
}
