using System.Text;
using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests strict parsing of a server's JSON: invalid input is either not an object or a protocol violation.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class StrictJsonTests
{
    [TestCase("{}")]
    [TestCase("\uFEFF{\"a\": 1}")]
    [TestCase(" {\"a\": 1} \r\n")]
    [TestCase("{\"a\":1,\"A\":2}")]
    [TestCase("{\"a\":{\"b\":1},\"c\":{\"b\":1}}")]
    [TestCase("{\"unknown\":\"\\ud800\"}")]
    [Description("RFC 8259: an object is read, including unknown members")]
    public void An_object_is_read(string json) => Assert.That(Parse(json), Is.Not.Null);

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("[]")]
    [TestCase("[{}]")]
    [TestCase("\"text\"")]
    [TestCase("1")]
    [TestCase("null")]
    [TestCase("true")]
    [TestCase("{\"a\":1")]
    [TestCase("{\"a\":1}{}")]
    [TestCase("{\"a\":1,}")]
    [TestCase("{/**/}")]
    [TestCase("{'a':1}")]
    [TestCase("<html></html>")]
    [TestCase("access_token=a&token_type=Bearer")]
    [Description("RFC 6749 §5.1: anything except one JSON object returns null")]
    public void Anything_except_an_object_returns_null(string json) => Assert.That(Parse(json), Is.Null);

    [TestCase("{\"a\":1,\"a\":1}")]
    [TestCase("{\"a\":1,\"b\":2,\"a\":3}")]
    [TestCase("{\"a\":1,\"\\u0061\":2}")]
    [TestCase("{\"x\":{\"a\":1,\"a\":2}}")]
    [TestCase("{\"x\":[{\"a\":1,\"a\":2}]}")]
    [Description("RFC 8259 §4, RFC 7519 §4: with duplicate members it is undefined which one applies")]
    public void A_duplicate_member_returns_null(string json) => Assert.That(Parse(json), Is.Null);

    [TestCase("{\"\\ud800\":1}")]
    [TestCase("{\"\\udc00\":1}")]
    [TestCase("{\"\\ud800\":1,\"\\ud800\":2}")]
    [TestCase("{\"a\":{\"\\ud800\":1}}")]
    [Description("RFC 8259 §8.2: a member name that is not valid Unicode returns null and throws no unexpected exception")]
    public void A_name_that_is_not_valid_Unicode_returns_null(string json) => Assert.That(Parse(json), Is.Null);

    [Test]
    [Description("RFC 8259 §9: 32 levels are accepted, 33 are not")]
    public void Depth_is_bounded()
    {
        static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{}" + new string('}', depth - 1);

        Assert.That(Parse(Nested(32)), Is.Not.Null);
        Assert.That(Parse(Nested(33)), Is.Null);
        Assert.That(Parse("{\"a\":" + new string('[', 100_000)), Is.Null);
    }

    [Test]
    [Description("RFC 6749 §5.1: an absent, null or empty string is null")]
    public void A_string_is_read_and_an_empty_one_is_null()
    {
        var json = Parse("{\"text\":\"v\",\"empty\":\"\",\"null\":null,\"space\":\" \"}")!.Value;

        Assert.That(json.Text("text"), Is.EqualTo("v"));
        Assert.That(json.Text("space"), Is.EqualTo(" "));
        Assert.That(json.Text("empty"), Is.Null);
        Assert.That(json.Text("null"), Is.Null);
        Assert.That(json.Text("absent"), Is.Null);
        Assert.That(json.Text("TEXT"), Is.Null);
    }

    [TestCase("1", "Number")]
    [TestCase("true", "True")]
    [TestCase("{}", "Object")]
    [TestCase("[\"secret-value\"]", "Array")]
    [Description("RFC 6749 §5.1: the message names the kind of a value that is not a string, and does not contain the value")]
    public void A_value_that_is_not_a_string_is_a_violation(string value, string kind) =>
        Assert.That(
            () => Parse($"{{\"member\":{value}}}")!.Value.Text("member"),
            Throws
                .InstanceOf<OAuthProtocolException>()
                .With.Message.Contains($"'member' as {kind}")
                .And.Message.Contains("must be a string")
                .And.Message.Not.Contains("secret-value")
        );

    [TestCase("\\ud800")]
    [TestCase("\\udc00")]
    [TestCase("a\\ud83dz")]
    [Description("RFC 8259 §8.2: half a surrogate pair is invalid in a string and in a list of strings")]
    public void A_string_that_is_not_valid_Unicode_is_a_violation(string text)
    {
        var json = Parse($"{{\"one\":\"{text}\",\"list\":[\"good\",\"{text}\"]}}")!.Value;

        Assert.That(
            () => json.Text("one"),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("'one'").And.Message.Contains("not valid Unicode")
        );
        Assert.That(
            () => json.Texts("list"),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("'list'").And.Message.Contains("not valid Unicode")
        );
    }

    [Test]
    [Description("RFC 8259 §8.1: bytes that are not valid UTF-8 are not a string")]
    public void Bytes_that_are_not_valid_UTF_8_are_a_violation()
    {
        var json = StrictJson.TryParseObject(Encoding.Latin1.GetBytes("{\"member\":\"\u00fc\"}"))!.Value;

        Assert.That(() => json.Text("member"), Throws.InstanceOf<OAuthProtocolException>());
    }

    [TestCase("{\"a\":\"v\"}", "v")]
    [TestCase("{\"a\":\"\"}", "")]
    [TestCase("{\"a\":\"\\ud800\"}", null)]
    [TestCase("{\"a\":1}", null)]
    [TestCase("{\"a\":null}", null)]
    [TestCase("{}", null)]
    [Description("RFC 6749 §5.2: for optional text of a message, a value that is not a string is null")]
    public void Optional_text_is_read_without_an_exception(string json, string? text) =>
        Assert.That(Parse(json)!.Value.TextIfAny("a"), Is.EqualTo(text));

    [Test]
    [Description("RFC 8414 §2: lists of strings, including empty ones")]
    public void A_list_of_strings_is_read()
    {
        var json = Parse("{\"list\":[\"a\",\"\",\"b\"],\"empty\":[],\"null\":null}")!.Value;

        Assert.That(json.Texts("list"), Is.EqualTo(["a", "", "b"]));
        Assert.That(json.Texts("empty"), Is.Empty);
        Assert.That(json.Texts("null"), Is.Null);
        Assert.That(json.Texts("absent"), Is.Null);
    }

    [TestCase("\"a\"", "as String")]
    [TestCase("{}", "as Object")]
    [TestCase("[1]", "item that is not a string")]
    [TestCase("[\"a\",null]", "item that is not a string")]
    [TestCase("[[\"a\"]]", "item that is not a string")]
    [Description("RFC 8414 §2: a list of anything else is a protocol violation")]
    public void A_value_that_is_not_a_list_of_strings_is_a_violation(string value, string words) =>
        Assert.That(
            () => Parse($"{{\"member\":{value}}}")!.Value.Texts("member"),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("'member'").And.Message.Contains(words)
        );

    private static JsonElement? Parse(string json) => StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json));
}
