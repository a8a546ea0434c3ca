using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Chaos.Server;

/// <summary>Creates token responses, also ones whose form deviates from RFC 6749 §5.1.</summary>
internal static class TokenResponses
{
    // Each contains the refresh token, and most a lifetime: a client that assumes a longer one meets refusals of the API. The last three
    // are those whose access token the client must not use, or cannot find.
    public static readonly TokenResponseDeviation[] Deviations =
    [
        TokenResponseDeviation.NoTokenType,
        TokenResponseDeviation.ScopeAsArray,
        TokenResponseDeviation.LifetimeAsText,
        TokenResponseDeviation.LifetimeAsDate,
        TokenResponseDeviation.RepeatedMember,
        TokenResponseDeviation.ByteOrderMark,
        TokenResponseDeviation.FormEncoded,
        TokenResponseDeviation.NumericTokenType,
        TokenResponseDeviation.RepeatedAccessToken,
        TokenResponseDeviation.NoAccessToken,
    ];

    public static Reply Create(
        string accessToken,
        string tokenType,
        TimeSpan lifetime,
        string refreshToken,
        TokenResponseDeviation? deviation,
        DateTimeOffset now
    )
    {
        var reply = Reply.Json(
            200,
            new JsonObject
            {
                ["access_token"] = accessToken,
                ["token_type"] = tokenType,
                ["expires_in"] = (long)lifetime.TotalSeconds,
                ["refresh_token"] = refreshToken,
                ["scope"] = "a",
            }
        );
        return deviation is { } form ? Testing.TokenResponseDeviations.Apply(form, reply, now) : reply;
    }
}
