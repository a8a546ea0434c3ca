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

    [Test]
    [Description("FAPI 2.0 Security Profile §5.3.3.1: a registration for a method with a secret is not used")]
    public void A_method_that_the_profile_forbids_is_rejected()
    {
        var json = StrictJson
            .TryParseObject(
                """
            {"client_id":"c","client_secret":"secret-value","token_endpoint_auth_method":"client_secret_basic","client_secret_expires_at":0}
            """u8.ToArray()
            )!
            .Value;

        Assert.That(
            () =>
                RegistrationResponseReader.Read(
                    json,
                    SampleConfiguration.Create(Fapi2OptionsTests.Conform),
                    new(SampleConfiguration.Issuer),
                    known: null,
                    "private_key_jwt",
                    SampleConfiguration.Now
                ),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("FAPI 2.0 Security Profile §5.3.3.1")
                .And.Message.Not.Contains("secret-value")
        );
    }
}
