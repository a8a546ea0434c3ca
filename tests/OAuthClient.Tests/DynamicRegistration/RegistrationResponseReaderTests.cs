using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests the reading of a registration response (RFC 7591 §3.2.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationResponseReaderTests
{
    [TestCase("""{"client_id":"c","client_name":"\ud800"}""")]
    [TestCase("""{"client_id":"c","contacts":["\udc00"]}""")]
    [Description("RFC 8259 §8: text that is not valid Unicode is rejected, because it cannot be stored")]
    public void Text_that_is_not_Unicode_is_rejected(string answer)
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
