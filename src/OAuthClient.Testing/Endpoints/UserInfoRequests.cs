using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The UserInfo endpoint (OpenID Connect Core §5.3).</summary>
internal sealed class UserInfoRequests(ServerState server)
{
    public Reply Answer(RecordedRequest request) => request.Method is not ("GET" or "POST")
        ? Reply.MethodNotAllowed("GET, POST")
        : BearerToken.Check(request, server.Issuer, server, "openid", _ => true, token =>
        {
            JsonObject claims = Claims(token.Grant.User!, token.Scopes);
            server.Options.OnUserInfo?.Invoke(claims);
            return Reply.Json(200, claims).NotStored();
        });

    public static JsonObject Claims(TestUser user, IReadOnlyList<string> scopes)
    {
        JsonObject claims = new() { ["sub"] = user.Subject };
        foreach ((string name, JsonNode? value) in user.Claims)
        {
            if (scopes.Contains(ScopeOf(name)))
                claims[name] = value?.DeepClone();
        }

        return claims;
    }

    /// <summary>OpenID Connect Core §5.4.</summary>
    private static string ScopeOf(string claim) => claim switch
    {
        "name" or "family_name" or "given_name" or "middle_name" or "nickname" or "preferred_username" or "profile" or "picture"
            or "website" or "gender" or "birthdate" or "zoneinfo" or "locale" or "updated_at" => "profile",
        "email" or "email_verified" => "email",
        "address" => "address",
        "phone_number" or "phone_number_verified" => "phone",
        _ => "openid",
    };
}
