namespace OAuthClient.Tests;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public class QueryStringBuilderTests
{
    private const string Endpoint = "https://server.example.com/authorize";

    [TestCase(1)]
    [TestCase(14)]
    [TestCase(15)]
    [TestCase(129)]
    [TestCase(5000)]
    [Description(
        "RFC 6749 §3.1, appendix B: a parameter of any length arrives whole, and so does what stands behind it, whatever buffer there was"
    )]
    public void A_parameter_of_any_length_arrives_whole(int length)
    {
        // Three bytes each, and so nine characters in the address.
        string value = new('\u20AC', length);
        var query = new QueryStringBuilder(Endpoint, hasQuery: false, stackalloc char[64]);
        query.Add("one", value);
        query.AddEncoded("two=", new string('x', length));
        query.Add("three", "3");

        Assert.That(
            QueryPairs.Of(new Uri(query.ToTextAndClear())),
            Is.EqualTo(new KeyValuePair<string, string>[] { new("one", value), new("two", new string('x', length)), new("three", "3") })
        );
    }

    [Test]
    [Description("RFC 6749 appendix B: a value can hold what would end it")]
    public void Values_are_encoded()
    {
        var query = new QueryStringBuilder(Endpoint, hasQuery: false, stackalloc char[64]);
        query.Add("a", "d&e=f#g h+i%20");

        Assert.That(
            QueryPairs.Of(new Uri(query.ToTextAndClear())),
            Is.EqualTo(new KeyValuePair<string, string>[] { new("a", "d&e=f#g h+i%20") })
        );
    }

    [Test]
    [Description("RFC 6749 §3.1: a parameter without a value is left out; an empty one is one")]
    public void What_has_no_value_is_left_out()
    {
        var query = new QueryStringBuilder(Endpoint, hasQuery: false, stackalloc char[64]);
        query.Add("none", null);
        query.AddList("scope", []);
        query.AddEncoded("nothing=", null);
        query.Add("empty", "");

        Assert.That(query.ToTextAndClear(), Is.EqualTo(Endpoint + "?empty="));
    }

    [Test]
    [Description("RFC 6749 §3.3: scopes are one parameter, with spaces between them")]
    public void A_list_is_one_parameter()
    {
        var query = new QueryStringBuilder(Endpoint, hasQuery: false, stackalloc char[64]);
        query.AddList("scope", ["openid", "a&b", "c"]);

        Assert.That(QueryPairs.Single(new Uri(query.ToTextAndClear()))["scope"], Is.EqualTo("openid a&b c"));
    }

    [Test]
    [Description("RFC 6749 §3.1: the endpoint's own query is kept, and goes on")]
    public void An_endpoints_own_query_goes_on()
    {
        var query = new QueryStringBuilder(Endpoint + "?tenant=1", hasQuery: true, stackalloc char[64]);
        query.Add("state", "s");

        Assert.That(query.ToTextAndClear(), Is.EqualTo(Endpoint + "?tenant=1&state=s"));
    }
}
