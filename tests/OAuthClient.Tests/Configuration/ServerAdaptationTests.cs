using System.Collections.Frozen;
using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests how requests and responses are adapted to a server that deviates from the specifications.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ServerAdaptationTests
{
    [Test]
    [Description("A server with other parameter names, another scope separator and further parameters receives the request in its form")]
    public void An_authorization_request_is_adapted()
    {
        var query = QueryPairs.Single(
            SampleRequest
                .Begin(o =>
                {
                    o.Adaptation.ParameterNames["client_id"] = "app_id";
                    o.Adaptation.ScopeSeparator = ",";
                    o.AuthorizationParameters["access_type"] = "offline";
                    o.Scopes = ["one", "two"];
                })
                .AuthorizationUri
        );

        Assert.That(query["app_id"], Is.EqualTo("client-id"));
        Assert.That(query.ContainsKey("client_id"), Is.False);
        Assert.That(query["access_type"], Is.EqualTo("offline"));
        Assert.That(query["scope"], Is.EqualTo("one,two"));
    }

    [Test]
    [Description("RFC 6749 §4.1.1: without a deviation, names and values are those of the specification")]
    public void A_conforming_server_needs_no_adaptation()
    {
        List<KeyValuePair<string, string>> parameters = [new("client_id", "1")];
        ServerAdaptation.None.Rename(parameters);

        Assert.That(parameters, Is.EqualTo(new KeyValuePair<string, string>[] { new("client_id", "1") }));
        Assert.That(ServerAdaptation.None.SplitScopes("a,b c", ["a,b", "c"]), Is.EqualTo(new[] { "a,b", "c" }));
        Assert.That(ServerAdaptation.None.TokenErrorCode("invalid_scope"), Is.EqualTo("invalid_scope"));
    }

    [Test]
    [Description("A server's scopes and error words are read as those of the specification")]
    public void Scopes_and_errors_are_read()
    {
        var adaptation = new ServerAdaptation
        {
            ScopeSeparator = ',',
            ErrorCodes = new Dictionary<string, string> { ["42002"] = "invalid_grant" }.ToFrozenDictionary(),
        };

        Assert.That(adaptation.SplitScopes("a,b,,a", []), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(adaptation.TokenErrorCode("42002"), Is.EqualTo("invalid_grant"));
        Assert.That(adaptation.TokenErrorCode("bad_refresh_token"), Is.EqualTo("invalid_grant"), "the word of a well-known server");
        Assert.That(adaptation.TokenErrorCode("BAD_REFRESH_TOKEN"), Is.EqualTo("invalid_grant"), "in any case");
        Assert.That(adaptation.TokenErrorCode("other"), Is.EqualTo("other"));
        Assert.That(adaptation.TokenErrorCode(null), Is.Null);
    }

    [TestCase("read:user,repo", "", "read:user repo")]
    [TestCase("read:user, repo", "repo read:user", "read:user repo")]
    [TestCase("a,b c", "a,b c", "a,b c")]
    [TestCase("a,b c,d", "a,b", "a,b c d")]
    [TestCase(",", "", "")]
    [Description("RFC 6749 §3.3 allows a comma in a scope: an item with commas is split only if it was not requested itself")]
    public void A_list_with_commas_is_split(string scope, string requested, string expected) =>
        Assert.That(string.Join(' ', ServerAdaptation.None.SplitScopes(scope, ScopeList.Split(requested))), Is.EqualTo(expected));

    [TestCase("""{"authed_user":{"access_token":"inner"},"access_token":"outer"}""", "inner")]
    [TestCase("""{"access_token":"outer"}""", null)]
    [TestCase("""{"authed_user":"x","access_token":"outer"}""", null)]
    [Description("The tokens are found where the server writes them")]
    public void The_tokens_of_a_response_are_found(string response, string? expected)
    {
        using var document = JsonDocument.Parse(response);
        var found = new ServerAdaptation { TokenPath = ["authed_user"] }.FindTokens(document.RootElement);

        Assert.That(found?.GetProperty("access_token").GetString(), Is.EqualTo(expected));
    }

    [TestCase("user_cancelled_login", "access_denied")]
    [TestCase("42", "invalid_scope")]
    [TestCase("user_denied", "temporarily_unavailable")]
    [TestCase("invalid_token", "invalid_token")]
    [TestCase("token_expired", "token_expired")]
    [TestCase(null, null)]
    [Description("RFC 6749 §4.1.2.1: the words of a token endpoint have no meaning in an authorization response, and options come first")]
    public void The_errors_of_an_authorization_response_are_read(string? error, string? expected)
    {
        var adaptation = new ServerAdaptation
        {
            ErrorCodes = new Dictionary<string, string>
            {
                ["42"] = "invalid_scope",
                ["user_denied"] = "temporarily_unavailable",
            }.ToFrozenDictionary(),
        };

        Assert.That(adaptation.AuthorizationErrorCode(error), Is.EqualTo(expected));
        Assert.That(ServerAdaptation.None.TokenErrorCode("user_denied"), Is.EqualTo("user_denied"));
    }
}
