namespace OAuthClient.Tests;

/// <summary>Tests the encoding of query strings.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class QueryStringBuilderTests
{
    private const string Endpoint = "https://server.example.com/authorize";

    [TestCase(1)]
    [TestCase(109)]
    [TestCase(110)]
    [TestCase(129)]
    [TestCase(5000)]
    [Description("RFC 6749 §3.1, appendix B: parameters of any length and those after them are complete, also beyond the first buffer")]
    public void A_parameter_of_any_length_is_complete(int length)
    {
        // Three bytes each, which are nine characters when percent-encoded.
        string value = new('\u20AC', length);
        var query = new QueryStringBuilder(new Uri(Endpoint));
        query.Add("one", value);
        query.Add("two", new string('x', length));
        query.Add("three", "3");

        Assert.That(
            QueryPairs.Of(new Uri(query.ToTextAndClear())),
            Is.EqualTo(new KeyValuePair<string, string>[] { new("one", value), new("two", new string('x', length)), new("three", "3") })
        );
    }

    [Test]
    [Description("RFC 6749 appendix B: delimiters in a value are encoded")]
    public void Values_are_encoded()
    {
        var query = new QueryStringBuilder(new Uri(Endpoint));
        query.Add("a", "d&e=f#g h+i%20");

        Assert.That(
            QueryPairs.Of(new Uri(query.ToTextAndClear())),
            Is.EqualTo(new KeyValuePair<string, string>[] { new("a", "d&e=f#g h+i%20") })
        );
    }

    [Test]
    [Description("RFC 6749 §3.1: a parameter without a value is omitted; an empty one is added")]
    public void A_parameter_without_a_value_is_omitted()
    {
        var query = new QueryStringBuilder(new Uri(Endpoint));
        query.Add("none", null);
        query.Add("empty", "");

        Assert.That(query.ToTextAndClear(), Is.EqualTo(Endpoint + "?empty="));
    }

    [Test]
    [Description("RFC 6749 §3.1: parameters are added to the query of the endpoint")]
    public void The_query_of_the_endpoint_is_kept()
    {
        var query = new QueryStringBuilder(new Uri(Endpoint + "?tenant=1"));
        query.Add("state", "s");

        Assert.That(query.ToTextAndClear(), Is.EqualTo(Endpoint + "?tenant=1&state=s"));
    }
}
