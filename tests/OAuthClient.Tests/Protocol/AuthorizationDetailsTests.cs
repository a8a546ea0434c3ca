using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests the creation, validation and reading of authorization details (RFC 9396 §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AuthorizationDetailsTests
{
    private const string Payment =
        """{"type":"payment_initiation","amount":"123.50","actions":["initiate"],"debtor_account":"DE02 é&+ 1201"}""";

    private static readonly SamplePayment Typed = new("123.50", ["initiate"]) { DebtorAccount = "DE02 é&+ 1201" };

    [Test]
    [Description("RFC 9396 §2: text, JSON and objects of the application lead to the same array, without white space")]
    public void Each_form_leads_to_the_same_array()
    {
        var parsed = AuthorizationDetails.Parse($" [\n {Payment.Replace(",", " , ", StringComparison.Ordinal)} ] ");
        var typed = AuthorizationDetails.From<SampleDetails>(SampleDetailsJson.Default.SampleDetails, Typed);

        Assert.That(parsed.ToJson(), Is.EqualTo($"[{Payment}]"));
        Assert.That(typed.ToJson(), Is.EqualTo(parsed.ToJson()));
        Assert.That(AuthorizationDetails.From(parsed.Json).ToJson(), Is.EqualTo(parsed.ToJson()));
        Assert.That(parsed.Types, Is.EqualTo(["payment_initiation"]));
    }

    [Test]
    [Description("RFC 9396 §2: objects are read as types of the application, all of them or those of one type")]
    public void Objects_are_read_as_types_of_the_application()
    {
        var details = AuthorizationDetails.From<SampleDetails>(
            SampleDetailsJson.Default.SampleDetails,
            new SampleAccounts(["list"]),
            Typed
        );

        Assert.That(details.Types, Is.EqualTo([SampleAccounts.TypeName, SamplePayment.TypeName]));
        Assert.That(details.Read(SampleDetailsJson.Default.SampleDetails).Select(one => one.GetType()), Has.Exactly(2).Items);
        var payment = details.Read(SampleDetailsJson.Default.SamplePayment, SamplePayment.TypeName).Single();
        Assert.That((payment.Amount, payment.DebtorAccount), Is.EqualTo((Typed.Amount, Typed.DebtorAccount)));
        Assert.That(details.Read(SampleDetailsJson.Default.SamplePayment, "unknown"), Is.Empty);
        Assert.That(
            () => AuthorizationDetails.Parse("""[{"type":"t","amount":5}]""").Read(SampleDetailsJson.Default.SamplePayment),
            Throws.TypeOf<JsonException>()
        );
    }

    [Test]
    [Description("Authorization details of several types are combined, and an equal object is not repeated")]
    public void Details_are_combined()
    {
        var one = AuthorizationDetails.Parse("""[{"type":"a","x":1},{"type":"b"}]""");
        var other = AuthorizationDetails.Parse("""[{"x":1,"type":"a"},{"type":"c"}]""");

        Assert.That(one.With(other).ToJson(), Is.EqualTo("""[{"type":"a","x":1},{"type":"b"},{"type":"c"}]"""));
        Assert.That(one.Types, Is.EqualTo(["a", "b"]));
    }

    [TestCase("", "The text is not JSON")]
    [TestCase("payment", "The text is not JSON")]
    [TestCase("""[{"type":"a","type":"b"}]""", "or an object has a member twice")]
    [TestCase("""[{"type":"a","x":{"y":1,"y":2}}]""", "or an object has a member twice")]
    [TestCase("""[{"type":"a","x":"\ud800"}]""", "The text is not JSON")]
    [TestCase("""{"type":"a"}""", "The JSON is an object and not an array")]
    [TestCase("\"[]\"", "The JSON is a text and not an array")]
    [TestCase("null", "The JSON is null and not an array")]
    [TestCase("[]", "The array is empty")]
    [TestCase("""[{"type":"a"},"b"]""", "Item 2 of the array is a text and not an object")]
    [TestCase("[[]]", "Item 1 of the array is an array and not an object")]
    [TestCase("""[{"actions":["read"]}]""", "Item 1 of the array has no 'type' that is a text")]
    [TestCase("""[{"type":5}]""", "has no 'type' that is a text")]
    [TestCase("""[{"type":" "}]""", "has no 'type' that is a text")]
    [Description("RFC 9396 §2: an array of objects with a type; the message says what is wrong and what to write")]
    public void What_is_no_array_of_objects_with_a_type_is_rejected(string json, string reason) =>
        Assert.That(
            () => AuthorizationDetails.Parse(json),
            Throws.ArgumentException.With.Message.Contains(reason).And.Message.Contains("(RFC 9396 §2).")
        );

    [Test]
    [Description("A grant contains the details, so their length is limited")]
    public void Very_long_details_are_rejected() =>
        Assert.That(
            () => AuthorizationDetails.Parse($$"""[{"type":"a","x":"{{new string('x', 16 * 1024)}}"}]"""),
            Throws.ArgumentException.With.Message.Contains("longer than 16384 characters")
        );

    [Test]
    [Description("RFC 9396 §2: an object of the application without a type is rejected, and so are no objects and no JSON value")]
    public void An_object_without_type_is_rejected()
    {
        Assert.That(
            () => AuthorizationDetails.From(SampleDetailsJson.Default.SamplePayment, Typed),
            Throws.ArgumentException.With.Message.Contains("no 'type'")
        );
        Assert.That(() => AuthorizationDetails.From(SampleDetailsJson.Default.SamplePayment), Throws.ArgumentException);
        Assert.That(() => AuthorizationDetails.From(default), Throws.ArgumentException);
    }

    [Test]
    [Description("RFC 9396 §13: details can be personal data; the text form has the types only")]
    public void The_text_form_has_the_types_only() =>
        Assert.That(
            AuthorizationDetails.Parse($"""[{Payment},{Payment},{"{"}"type":"b"{"}"}]""").ToString(),
            Is.EqualTo("payment_initiation, b")
        );
}
