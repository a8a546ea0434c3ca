using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Changes the form of a token response.</summary>
internal static class TokenResponseDeviations
{
    private const string FormMediaType = "application/x-www-form-urlencoded; charset=utf-8";

    public static Reply Apply(TokenResponseDeviation deviation, Reply reply, DateTimeOffset now)
    {
        if (reply.Status != 200 || JsonNode.Parse(reply.Body.Span) is not JsonObject json || !json.ContainsKey("access_token"))
            return reply;
        ChangeMembers(deviation, json, now);
        string text = json.ToJsonString();
        return deviation switch
        {
            TokenResponseDeviation.RepeatedMember => With(reply, Append(text, "\"note\":1,\"note\":2")),
            TokenResponseDeviation.RepeatedAccessToken => With(reply, Append(text, "\"access_token\":\"another\"")),
            TokenResponseDeviation.RepeatedRefreshToken => With(reply, Append(text, "\"refresh_token\":\"another\"")),
            TokenResponseDeviation.ByteOrderMark => With(reply, "\uFEFF" + text),
            TokenResponseDeviation.FormEncoded => With(reply, Form(json)) with { ContentType = FormMediaType },
            TokenResponseDeviation.FormEncodedAsText => With(reply, Form(json)) with { ContentType = "text/plain" },
            TokenResponseDeviation.NestedTokens => With(reply, new JsonObject { ["ok"] = true, ["authed_user"] = json }.ToJsonString()),
            _ => With(reply, text),
        };
    }

    /// <summary>Returns a word with its first letter in lower case and the others in upper case.</summary>
    public static string UnusualCase(string word) => char.ToLowerInvariant(word[0]) + word[1..].ToUpperInvariant();

    private static void ChangeMembers(TokenResponseDeviation deviation, JsonObject json, DateTimeOffset now)
    {
        long lifetime = json["expires_in"]?.GetValue<long>() ?? 3600;
        string scope = json["scope"]?.GetValue<string>() ?? "";
        switch (deviation)
        {
            case TokenResponseDeviation.NoTokenType:
                json.Remove("token_type");
                break;
            case TokenResponseDeviation.OtherTokenType:
                json["token_type"] = "bot";
                break;
            case TokenResponseDeviation.TokenTypeCase:
                json["token_type"] = UnusualCase((string)json["token_type"]!);
                break;
            case TokenResponseDeviation.NumericTokenType:
                json["token_type"] = 1;
                break;
            case TokenResponseDeviation.LifetimeAsText:
                json["expires_in"] = lifetime.ToString(CultureInfo.InvariantCulture);
                break;
            case TokenResponseDeviation.LifetimeWithFraction:
                json["expires_in"] = lifetime + 0.5;
                break;
            case TokenResponseDeviation.EmptyLifetime:
                json["expires_in"] = "";
                break;
            case TokenResponseDeviation.NullLifetime:
                json["expires_in"] = null;
                break;
            case TokenResponseDeviation.LifetimeAsDate:
                json["expires_in"] = now.AddSeconds(lifetime).ToString("R", CultureInfo.InvariantCulture);
                break;
            case TokenResponseDeviation.NegativeLifetime:
                json["expires_in"] = -1;
                break;
            case TokenResponseDeviation.EnormousLifetime:
                json["expires_in"] = 1e300;
                break;
            case TokenResponseDeviation.ScopeWithCommas:
                json["scope"] = scope.Replace(' ', ',');
                break;
            case TokenResponseDeviation.ScopeAsArray:
                json["scope"] = new JsonArray([.. scope.Split(' ').Select(item => (JsonNode)item)]);
                break;
            case TokenResponseDeviation.NullScope:
                json["scope"] = null;
                break;
            case TokenResponseDeviation.EmptyError:
                json["error"] = "";
                break;
            case TokenResponseDeviation.NoAccessToken:
                json.Remove("access_token");
                break;
            case TokenResponseDeviation.NumericRefreshToken:
                json["refresh_token"] = 5;
                break;
            case TokenResponseDeviation.AdditionalMembers:
                json["instance_url"] = "https://instance.example";
                json["team"] = new JsonObject { ["id"] = "T1" };
                json["refresh_token_expires_in"] = 86_400;
                break;
        }
    }

    private static string Append(string json, string members) => $"{json[..^1]},{members}}}";

    private static string Form(JsonObject json) =>
        string.Join('&', json.Select(member => $"{Uri.EscapeDataString(member.Key)}={Uri.EscapeDataString($"{member.Value}")}"));

    private static Reply With(Reply reply, string body) => reply with { Body = Encoding.UTF8.GetBytes(body) };
}
