using System.Text.Json;
using NUnit.Framework.Constraints;

namespace OAuthClient.Tests;

/// <summary>Tests the parsing of callbacks (RFC 6749 §4.1.2), before they are validated.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AuthorizationResponseTests
{
    private static readonly string[] Forms =
    [
        "https://client.example.com/callback?{0}",
        "https://client.example.com/callback?{0}#fragment=1&state=wrong",
        "com.example.app:/callback?{0}",
        "?{0}",
        "{0}",
        "/callback?{0}",
        "//callback?{0}",
        "/callback?{0}#?state=wrong",
        "{0}#state=wrong",
    ];

    [TestCaseSource(nameof(Forms))]
    [Description("RFC 6749 §4.1.2: a URI, a path, or a query with or without its question mark; a fragment is ignored")]
    public void Each_form_of_a_callback_is_parsed(string form)
    {
        var response = AuthorizationResponse.Parse(
            string.Format(null, form, "code=the-code&state=the-state&iss=https://server.example.com&x=1")
        );

        Assert.That(response.Code!.Reveal(), Is.EqualTo("the-code"));
        Assert.That(response.State, Is.EqualTo("the-state"));
        Assert.That(response.Issuer, Is.EqualTo("https://server.example.com"));
        Assert.That(response.Error, Is.Null);
        Assert.That(response.OtherParameters["x"], Is.EqualTo("1"));
        Assert.That(response.OtherParameters, Has.Count.EqualTo(3));
    }

    [TestCase("https://client.example.com/callback?code=c&state=s", "/callback")]
    [TestCase("https://client.example.com?code=c&state=s", "/")]
    [TestCase("com.example.app:/callback?code=c&state=s", "/callback")]
    [Description("RFC 9700 §4.4.2.2: the path of the callback is kept for the comparison with the redirect URI")]
    public void A_complete_uri_has_a_path(string callback, string path)
    {
        Assert.That(AuthorizationResponse.Parse(new Uri(callback)).Path, Is.EqualTo(path));
        Assert.That(AuthorizationResponse.Parse(new Uri(callback)).Code!.Reveal(), Is.EqualTo("c"));
    }

    [Test]
    [Description("RFC 6749 §4.1.2: a string and a Uri of the same address are parsed alike")]
    public void A_string_with_a_complete_uri_has_a_path() =>
        Assert.That(AuthorizationResponse.Parse("https://client.example.com/callback?code=c").Path, Is.EqualTo("/callback"));

    [TestCase("?code=c&state=s")]
    [TestCase("code=c&state=s")]
    [TestCase("/callback?code=c&state=s")]
    [Description("RFC 9700 §4.4.2.2: a query or relative address has no path, because the public path behind a proxy is unknown")]
    public void A_bare_query_has_no_path(string callback) => Assert.That(AuthorizationResponse.Parse(callback).Path, Is.Null);

    [TestCase("/callback?code=c&state=s#x", "c")]
    [TestCase("callback?code=c", "c")]
    [TestCase("?code=c", "c")]
    [TestCase("/callback#x?code=c", null)]
    [TestCase("/callback", null)]
    [TestCase("", null)]
    [Description("RFC 6749 §4.1.2, RFC 3986 §3.5: only the query of a relative address is parsed, never its fragment")]
    public void A_relative_address_is_parsed(string callback, string? code)
    {
        Assert.That(AuthorizationResponse.Parse(new Uri(callback, UriKind.Relative)).Code?.Reveal(), Is.EqualTo(code));
        Assert.That(AuthorizationResponse.Parse(new Uri(callback, UriKind.Relative)).Path, Is.Null);
    }

    [TestCase("a+b", "a b")]
    [TestCase("a%20b", "a b")]
    [TestCase("a%2Bb", "a+b")]
    [TestCase("a%2bb", "a+b")]
    [TestCase("%2520", "%20")]
    [TestCase("a%3D%26b", "a=&b")]
    [TestCase("a=b", "a=b")]
    [TestCase("%C3%BC%E4%BD%A0", "\u00fc\u4f60")]
    [TestCase("%zz", "%zz")]
    [TestCase("a%", "a%")]
    [TestCase("a?b/c", "a?b/c")]
    [Description("RFC 6749 appendix B: values are form-decoded once")]
    public void Values_are_decoded_once(string encoded, string decoded)
    {
        Assert.That(AuthorizationResponse.Parse("code=" + encoded).Code!.Reveal(), Is.EqualTo(decoded));
        Assert.That(AuthorizationResponse.Parse("state=" + encoded).State, Is.EqualTo(decoded));
    }

    [Test]
    [Description("RFC 6749 appendix B: names are form-decoded")]
    public void Names_are_decoded()
    {
        var response = AuthorizationResponse.Parse("c%6Fde=c&st%61te=s&a+b=1&flag&=nameless");

        Assert.That(response.Code!.Reveal(), Is.EqualTo("c"));
        Assert.That(response.State, Is.EqualTo("s"));
        Assert.That(response.OtherParameters["a b"], Is.EqualTo("1"));
        Assert.That(response.OtherParameters["flag"], Is.Empty);
        Assert.That(response.OtherParameters[""], Is.EqualTo("nameless"));
    }

    [Test]
    [Description("OAuth 2.0 Form Post Response Mode §2: form fields are already decoded and are not decoded again")]
    public void Form_fields_are_not_decoded_again()
    {
        var response = SampleAuthorization.Response(("code", "a+b%20c"), ("state", "s"), ("iss", "i"), ("x", null!));

        Assert.That(response.Code!.Reveal(), Is.EqualTo("a+b%20c"));
        Assert.That(response.State, Is.EqualTo("s"));
        Assert.That(response.Issuer, Is.EqualTo("i"));
        Assert.That(response.Path, Is.Null);
        Assert.That(response.OtherParameters["x"], Is.Empty);
    }

    [TestCase("code", "'code'")]
    [TestCase("state", "'state'")]
    [TestCase("iss", "'iss'")]
    [TestCase("error", "'error'")]
    [TestCase("error_description", "'error_description'")]
    [TestCase("error_uri", "'error_uri'")]
    [TestCase("scope", "'scope'")]
    [TestCase("session_state", "'a parameter'")]
    [TestCase("<script>", "'a parameter'")]
    [TestCase("access_token", "'a parameter'")]
    [Description("RFC 6749 §3.1: a repeated parameter is rejected; unknown names are not repeated in the message")]
    public void A_repeated_parameter_is_rejected(string name, string named)
    {
        string written = Uri.EscapeDataString(name);
        Constraint Refusal() =>
            Throws
                .InstanceOf<OAuthProtocolException>()
                .With.Message.Contains($"holds {named} more than once")
                .And.Message.Contains("RFC 6749 §3.1")
                .And.Message.Not.Contains("first-value")
                .And.Message.Not.Contains("second-value");

        Assert.That(() => AuthorizationResponse.Parse($"?{written}=first-value&other=1&{written}=second-value"), Refusal());
        Assert.That(() => AuthorizationResponse.Parse($"?{written}=first-value&{written}=first-value"), Refusal());
        Assert.That(() => AuthorizationResponse.Parse($"?{written}&{written}="), Refusal());
        Assert.That(
            () => AuthorizationResponse.Parse(new Uri($"https://client.example.com/callback?{written}=first-value&{written}=second-value")),
            Refusal()
        );
        Assert.That(() => SampleAuthorization.Response((name, "first-value"), (name, "second-value")), Refusal());
    }

    [Test]
    [Description("RFC 6749 §3.1: a parameter repeated under an encoded name is rejected")]
    public void A_parameter_repeated_under_an_encoded_name_is_rejected() =>
        Assert.That(() => AuthorizationResponse.Parse("state=a&st%61te=b"), Throws.InstanceOf<OAuthProtocolException>());

    [Test]
    [Description("RFC 6749 §3.1: parameter names are case-sensitive")]
    public void Parameter_names_are_case_sensitive()
    {
        var response = AuthorizationResponse.Parse("code=c&Code=d&STATE=e");

        Assert.That(response.Code!.Reveal(), Is.EqualTo("c"));
        Assert.That(response.State, Is.Null);
    }

    [Test]
    [Description("RFC 6749 §4.1.2: unknown parameters are ignored; more than 100 parameters are rejected")]
    public void A_hundred_parameters_are_parsed_and_one_more_is_rejected()
    {
        static IEnumerable<string> Names(int count) => Enumerable.Range(0, count).Select(i => "p" + i);

        Assert.That(AuthorizationResponse.Parse(string.Join('&', Names(100))).OtherParameters, Has.Count.EqualTo(100));
        Assert.That(
            () => AuthorizationResponse.Parse(string.Join('&', Names(101))),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("more than 100 parameters")
        );
        Assert.That(
            AuthorizationResponse.Parse("?" + new string('&', 1000) + "state=s").State,
            Is.EqualTo("s"),
            "empty parts are not parameters"
        );
        Assert.That(() => AuthorizationResponse.Parse(Endless()), Throws.InstanceOf<OAuthProtocolException>());

        static IEnumerable<KeyValuePair<string, string>> Endless()
        {
            for (int i = 0; ; i++)
                yield return new("p" + i, "");
        }
    }

    [Test]
    [Description("RFC 6749 §10.14: the size is checked first, for each form of the callback")]
    public void A_callback_of_64_Ki_characters_is_parsed_and_a_longer_one_is_rejected()
    {
        const int Maximum = 64 * 1024;
        const string Start = "https://client.example.com/callback";
        string value = new('v', Maximum - 2);
        static Constraint Refusal() => Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("65536 characters");

        Assert.That(AuthorizationResponse.Parse("a=" + value).OtherParameters["a"], Has.Length.EqualTo(Maximum - 2));
        Assert.That(() => AuthorizationResponse.Parse("a=" + value + "v"), Refusal());
        Assert.That(AuthorizationResponse.Parse(new Uri(Start + "?a=" + value[1..])).OtherParameters["a"], Has.Length.EqualTo(Maximum - 3));
        Assert.That(() => AuthorizationResponse.Parse(new Uri(Start + "?a=" + value)), Refusal());
        Assert.That(() => AuthorizationResponse.Parse(Start + "?a=" + value), Refusal());
        Assert.That(() => AuthorizationResponse.Parse(Start + "/" + value + "?a=b"), Refusal(), "the path counts too");
        Assert.That(AuthorizationResponse.Parse([new("ab", value)]).OtherParameters["ab"], Has.Length.EqualTo(Maximum - 2));
        Assert.That(() => AuthorizationResponse.Parse([new("abc", value)]), Refusal());
        Assert.That(
            () => AuthorizationResponse.Parse([new("a", value), new("b", "v")]),
            Refusal(),
            "names and values are counted together"
        );
        Assert.That(() => AuthorizationResponse.Parse([new(value + "vvv", "")]), Refusal());
    }

    [Test]
    [Description("RFC 9700 §2.1.2: the code and tokens in a callback are not exposed by public members, text or JSON")]
    public void Code_and_tokens_are_not_exposed()
    {
        var response = AuthorizationResponse.Parse(
            "https://client.example.com/callback?code=canary-1&access_token=canary-2&id_token=canary-3"
                + "&refresh_token=canary-4&token_type=Bearer&state=s#access_token=canary-5"
        );

        Assert.That(response.OtherParameters.Keys, Is.EquivalentTo(["token_type", "state"]));
        Assert.That(response.OtherParameters.Values, Has.None.Contains("canary"));
        Assert.That(response.ToString(), Does.Not.Contain("canary"));
        Assert.That(
            typeof(AuthorizationResponse).GetProperties().Select(property => property.Name),
            Is.EqualTo([nameof(AuthorizationResponse.OtherParameters)])
        );
        Assert.That(() => JsonSerializer.Serialize(response), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => JsonSerializer.Serialize(new { response }), Throws.InstanceOf<NotSupportedException>());
    }

    [Test]
    [Description("ToString lists the known parameters that were present, without values or unknown names")]
    public void ToString_lists_known_parameters_only()
    {
        Assert.That(
            AuthorizationResponse.Parse("code=c&state=s&iss=i&<b>=1").ToString(),
            Is.EqualTo("Authorization response with state, iss and a code")
        );
        Assert.That(
            AuthorizationResponse.Parse("error=e&error_description=d&error_uri=u&scope=o").ToString(),
            Is.EqualTo("Authorization response with error, error_description, error_uri, scope")
        );
    }

    [TestCase("code=&state=s")]
    [TestCase("code&state=s")]
    [TestCase("state=s")]
    [Description("RFC 6749 §3.1: a code without a value is treated as absent")]
    public void An_empty_code_is_absent(string callback) => Assert.That(AuthorizationResponse.Parse(callback).Code, Is.Null);

    [TestCase("")]
    [TestCase("?")]
    [TestCase("#")]
    [TestCase("?&&&")]
    [TestCase("https://client.example.com/callback")]
    [TestCase("/callback")]
    [Description("RFC 6749 §4.1.2: an empty callback is parsed without parameters and rejected by the validation")]
    public void An_empty_callback_has_no_parameters(string callback)
    {
        var response = AuthorizationResponse.Parse(callback);

        Assert.That(response.State, Is.Null);
        Assert.That(response.Code, Is.Null);
        Assert.That(response.Error, Is.Null);
        Assert.That(response.Issuer, Is.Null);
        Assert.That(response.OtherParameters, Is.Empty);
    }

    [Test]
    public void Null_arguments_throw()
    {
        Assert.That(() => AuthorizationResponse.Parse((string)null!), Throws.ArgumentNullException);
        Assert.That(() => AuthorizationResponse.Parse((Uri)null!), Throws.ArgumentNullException);
        Assert.That(() => AuthorizationResponse.Parse((IEnumerable<KeyValuePair<string, string>>)null!), Throws.ArgumentNullException);
    }
}
