using System.Globalization;

namespace OAuthClient.Chaos.Server;

/// <summary>Specifies the form of a token response. All but the first deviate from RFC 6749 §5.1.</summary>
internal enum ResponseForm
{
    Conforming,
    NoTokenType,
    ScopeAsArray,
    LifetimeAsText,
    UnreadableLifetime,
    RepeatedMember,
    Form,
    MalformedIdToken,

    /// <summary>The client must not use the access token (RFC 6749 §7.1).</summary>
    UnknownTokenType,

    /// <summary>The client cannot know which access token is meant (RFC 8259 §4).</summary>
    RepeatedAccessToken,
    NoAccessToken,
}

/// <summary>Writes token responses of each form.</summary>
internal static class ResponseForms
{
    public static readonly ResponseForm[] Deviating = [.. Enum.GetValues<ResponseForm>().Skip(1)];

    public static string Write(ResponseForm form, string accessToken, TimeSpan lifetime, string refreshToken)
    {
        string seconds = lifetime.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        string token = $"\"access_token\":\"{accessToken}\"";
        string type = "\"token_type\":\"Bearer\"";
        string expiry = $"\"expires_in\":{seconds}";
        string refresh = $"\"refresh_token\":\"{refreshToken}\"";
        return form switch
        {
            ResponseForm.NoTokenType => Json(token, expiry, refresh),
            ResponseForm.ScopeAsArray => Json(token, type, expiry, refresh, "\"scope\":[\"a\"]"),
            ResponseForm.LifetimeAsText => Json(token, type, $"\"expires_in\":\"{seconds}\"", refresh),
            // The client then assumes a lifetime, so the time of the end is stated as well.
            ResponseForm.UnreadableLifetime => Json(
                token,
                type,
                $"\"expires_in\":\"\",\"expires_at\":{DateTimeOffset.UtcNow.Add(lifetime).ToUnixTimeSeconds()}",
                refresh
            ),
            ResponseForm.RepeatedMember => Json(token, type, expiry, refresh, "\"note\":1", "\"note\":2"),
            ResponseForm.Form => $"access_token={accessToken}&token_type=bearer&expires_in={seconds}&refresh_token={refreshToken}",
            ResponseForm.MalformedIdToken => Json(token, type, expiry, refresh, "\"id_token\":5"),
            ResponseForm.UnknownTokenType => Json(token, "\"token_type\":\"mac\"", expiry, refresh),
            ResponseForm.RepeatedAccessToken => Json(token, "\"access_token\":\"another\"", type, expiry, refresh),
            ResponseForm.NoAccessToken => Json(type, expiry, refresh),
            _ => Json(token, type, expiry, refresh),
        };
    }

    private static string Json(params string[] members) => $"{{{string.Join(',', members)}}}";
}
