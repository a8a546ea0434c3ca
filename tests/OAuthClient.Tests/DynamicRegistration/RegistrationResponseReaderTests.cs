using System.Text;

namespace OAuthClient.Tests;

/// <summary>What is kept of a registration answer (RFC 7591 §3.2.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationResponseReaderTests
{
    [TestCase("""{"client_id":"c","client_name":"\ud800"}""")]
    [TestCase("""{"client_id":"c","contacts":["\udc00"]}""")]
    [Description("RFC 8259 §8: what is no Unicode cannot be kept, and is refused by a sentence")]
    public void Text_that_is_not_unicode(string answer)
    {
        var json = StrictJson.TryParseObject(Encoding.Latin1.GetBytes(answer))!.Value;

        Assert.That(
            () =>
                RegistrationResponseReader.Read(
                    json,
                    SampleConfiguration.Create(),
                    new(SampleConfiguration.Issuer),
                    known: null,
                    "none",
                    SampleConfiguration.Now
                ),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("Unicode")
        );
    }
}
