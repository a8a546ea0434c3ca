using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The defects that are a matter of claims.</summary>
internal static class ClaimDefects
{
    public const string OtherIssuer = "https://attacker.example.com";

    private const string OtherClient = "another-client";
    private const string OtherUser = "mallory";
    private const int TenMinutes = 600;
    private const int Hour = 3600;

    public static void Apply(Defect defect, IssuedJwtKind kind, JsonObject claims, bool refreshed = false)
    {
        switch (kind)
        {
            case IssuedJwtKind.IdToken when refreshed:
                SpoilRefreshed(defect, claims);
                SpoilIdToken(defect, claims);
                break;
            case IssuedJwtKind.IdToken:
                SpoilIdToken(defect, claims);
                break;
            case IssuedJwtKind.UserInfo:
                SpoilUserInfo(defect, claims);
                break;
            case IssuedJwtKind.Introspection:
                SpoilIntrospection(defect, claims);
                break;
            case IssuedJwtKind.LogoutToken:
                SpoilLogoutToken(defect, claims);
                break;
        }
    }

    private static void SpoilIdToken(Defect defect, JsonObject claims)
    {
        switch (defect)
        {
            case Defect.IdTokenTooLarge:
                claims["padding"] = new string('x', 1024 * 1024);
                break;
            case Defect.IdTokenWrongIssuer:
                claims["iss"] = OtherIssuer;
                break;
            case Defect.IdTokenMissingIssuer:
                claims.Remove("iss");
                break;
            case Defect.IdTokenMissingSubject:
                claims.Remove("sub");
                break;
            case Defect.IdTokenWrongAudience:
                claims["aud"] = OtherClient;
                break;
            case Defect.IdTokenMissingAudience:
                claims.Remove("aud");
                break;
            case Defect.IdTokenSecondAudience:
                claims["aud"] = new JsonArray(claims["aud"]!.DeepClone(), OtherClient);
                break;
            case Defect.IdTokenWrongAuthorizedParty:
                claims["azp"] = OtherClient;
                break;
            case Defect.IdTokenMissingExpiry:
                claims.Remove("exp");
                break;
            case Defect.IdTokenExpired:
                claims["exp"] = (long)claims["iat"]! - TenMinutes;
                break;
            case Defect.IdTokenMissingIssuedAt:
                claims.Remove("iat");
                break;
            case Defect.IdTokenIssuedInTheFuture:
                claims["iat"] = (long)claims["iat"]! + Hour;
                claims["exp"] = (long)claims["exp"]! + Hour;
                break;
            case Defect.IdTokenWrongNonce when claims.ContainsKey("nonce"):
                claims["nonce"] = Randomness.Token();
                break;
            case Defect.IdTokenMissingNonce:
                claims.Remove("nonce");
                break;
            case Defect.IdTokenWrongAccessTokenHash:
                claims["at_hash"] = Base64Url.EncodeToString(
                    RandomNumberGenerator.GetBytes(Base64Url.GetMaxDecodedLength(((string)claims["at_hash"]!).Length))
                );
                break;
            case Defect.IdTokenWrongAcr:
                claims["acr"] = "urn:example:none-that-was-asked-for";
                break;
            case Defect.IdTokenOldAuthentication:
                claims["auth_time"] = (long)claims["auth_time"]! - (24 * Hour);
                break;
            case Defect.IdTokenMissingAuthenticationTime:
                claims.Remove("auth_time");
                break;
        }
    }

    private static void SpoilRefreshed(Defect defect, JsonObject claims)
    {
        switch (defect)
        {
            case Defect.RefreshedIdTokenWrongIssuer:
                claims["iss"] = OtherIssuer;
                break;
            case Defect.RefreshedIdTokenWrongSubject:
                claims["sub"] = OtherUser;
                break;
            case Defect.RefreshedIdTokenWrongAudience:
                claims["aud"] = OtherClient;
                break;
            case Defect.RefreshedIdTokenWrongAuthenticationTime:
                claims["auth_time"] = (long)claims["auth_time"]! - Hour;
                break;
            case Defect.RefreshedIdTokenWrongNonce:
                claims["nonce"] = Randomness.Token();
                break;
        }
    }

    private static void SpoilUserInfo(Defect defect, JsonObject claims)
    {
        switch (defect)
        {
            case Defect.UserInfoWrongSubject:
                claims["sub"] = OtherUser;
                break;
            case Defect.UserInfoMissingSubject:
                claims.Remove("sub");
                break;
            case Defect.UserInfoWrongIssuer when claims.ContainsKey("iss"):
                claims["iss"] = OtherIssuer;
                break;
            case Defect.UserInfoWrongAudience when claims.ContainsKey("aud"):
                claims["aud"] = OtherClient;
                break;
        }
    }

    private static void SpoilIntrospection(Defect defect, JsonObject claims)
    {
        if (defect is Defect.IntrospectionWrongIssuer)
            claims["iss"] = OtherIssuer;
        if (defect is Defect.IntrospectionWrongAudience)
            claims["aud"] = OtherClient;
    }

    private static void SpoilLogoutToken(Defect defect, JsonObject claims)
    {
        switch (defect)
        {
            case Defect.LogoutTokenWrongIssuer:
                claims["iss"] = OtherIssuer;
                break;
            case Defect.LogoutTokenWrongAudience:
                claims["aud"] = OtherClient;
                break;
            case Defect.LogoutTokenMissingIssuedAt:
                claims.Remove("iat");
                break;
            case Defect.LogoutTokenMissingExpiry:
                claims.Remove("exp");
                break;
            case Defect.LogoutTokenExpired:
                claims["exp"] = (long)claims["iat"]! - TenMinutes;
                break;
            case Defect.LogoutTokenMissingId:
                claims.Remove("jti");
                break;
            case Defect.LogoutTokenMissingEvent:
                claims.Remove("events");
                break;
            case Defect.LogoutTokenWrongEvent:
                claims["events"] = new JsonObject { ["http://schemas.openid.net/event/another"] = new JsonObject() };
                break;
            case Defect.LogoutTokenWithNonce:
                claims["nonce"] = Randomness.Token();
                break;
            case Defect.LogoutTokenAboutNobody:
                claims.Remove("sub");
                claims.Remove("sid");
                break;
        }
    }
}
