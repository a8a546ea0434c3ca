using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests the reading of times in JSON (NumericDate, RFC 7519 §2) and their comparison with the clock.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class NumericDateTests
{
    private static readonly DateTimeOffset Now = SampleConfiguration.Now;

    [TestCase("1893499200", 1893499200)]
    [TestCase("1893499200.9", 1893499200)]
    [TestCase("0", 0)]
    [TestCase("253402300799", 253402300799)]
    [Description("RFC 7519 §2: a time is a number of seconds, which may have a fraction")]
    public void A_time_is_read(string json, long seconds)
    {
        var expected = DateTimeOffset.FromUnixTimeSeconds(seconds);
        Assert.That(NumericDate.TryRead(Claims(json), "exp"), Is.EqualTo(expected));
        Assert.That(NumericDate.Read(Claims(json), "exp", "ID Token"), Is.EqualTo(expected));
        Assert.That(NumericDate.ReadIfPresent(Claims(json), "exp", "ID Token"), Is.EqualTo(expected));
    }

    [TestCase("\"1893499200\"")]
    [TestCase("-1")]
    [TestCase("{}")]
    [TestCase("true")]
    [Description("RFC 7519 §2: another value is no time, and the message names the member")]
    public void Another_value_is_refused(string json)
    {
        Assert.That(NumericDate.TryRead(Claims(json), "exp"), Is.Null);
        Assert.That(
            () => NumericDate.Read(Claims(json), "exp", "ID Token"),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("exp")
        );
        Assert.That(
            () => NumericDate.ReadIfPresent(Claims(json), "exp", "ID Token"),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("exp")
        );
    }

    [Test]
    [Description("RFC 7662 §2.2: an optional time may be absent; a year after 9999 means that it never comes")]
    public void An_optional_time_may_be_absent_or_never_come()
    {
        Assert.That(NumericDate.ReadIfPresent(Claims("null"), "exp", "ID Token"), Is.Null);
        Assert.That(NumericDate.ReadIfPresent(Claims("1"), "nbf", "ID Token"), Is.Null);
        Assert.That(NumericDate.ReadIfPresent(Claims("1e15"), "exp", "ID Token"), Is.EqualTo(DateTimeOffset.MaxValue));
    }

    private static JsonElement Claims(string exp) => JsonDocument.Parse($$"""{"exp":{{exp}}}""").RootElement;
}
