using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Applies defects to the claims of a JWT.</summary>
internal static class ClaimDefects
{
    public const string OtherIssuer = "https://attacker.example.com";

    private const string OtherClient = "another-client";
    private const string OtherUser = "mallory";
    private const int TenMinutes = 600;
    private const int OneHour = 3600;

    public static void Apply(Defect defect, IssuedJwtKind kind, JsonObject claims, bool refreshed = false)
    {
        switch (kind)
        {
            case IssuedJwtKind.IdToken when refreshed:
                ApplyToRefreshedIdToken(defect, claims);
                ApplyToIdToken(defect, claims);
                break;
            case IssuedJwtKind.IdToken:
                ApplyToIdToken(defect, claims);
                break;
            case IssuedJwtKind.UserInfo:
                ApplyToUserInfo(defect, claims);
                break;
            case IssuedJwtKind.Introspection:
                ApplyToIntrospection(defect, claims);
                break;
            case IssuedJwtKind.LogoutToken:
                ApplyToLogoutToken(defect, claims);
                break;
            case IssuedJwtKind.AuthorizationResponse:
                ApplyToAuthorizationResponse(defect, claims);
                break;
        }
    }

    private static void ApplyToAuthorizationResponse(Defect defect, JsonObject claims)
    {
        switch (defect)
        {
            case Defect.SignedResponseWrongIssuer:
                claims["iss"] = OtherIssuer;
                break;
            case Defect.SignedResponseMissingIssuer:
                claims.Remove("iss");
                break;
            case Defect.SignedResponseWrongAudience:
                claims["aud"] = OtherClient;
                break;
            case Defect.SignedResponseMissingAudience:
                claims.Remove("aud");
                break;
            case Defect.SignedResponseExpired:
                claims["exp"] = (long)claims["exp"]! - OneHour;
                break;
            case Defect.SignedResponseMissingExpiry:
                claims.Remove("exp");
                break;
        }
    }

    private static void ApplyToIdToken(Defect defect, JsonObject claims)
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
                claims["iat"] = (long)claims["iat"]! + OneHour;
                claims["exp"] = (long)claims["exp"]! + OneHour;
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
                claims["acr"] = "urn:example:not-requested";
                break;
            case Defect.IdTokenOldAuthentication:
                claims["auth_time"] = (long)claims["auth_time"]! - (24 * OneHour);
                break;
            case Defect.IdTokenMissingAuthenticationTime:
                claims.Remove("auth_time");
                break;
        }
    }

    private static void ApplyToRefreshedIdToken(Defect defect, JsonObject claims)
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
                claims["auth_time"] = (long)claims["auth_time"]! - OneHour;
                break;
            case Defect.RefreshedIdTokenWrongNonce:
                claims["nonce"] = Randomness.Token();
                break;
        }
    }

    private static void ApplyToUserInfo(Defect defect, JsonObject claims)
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

    private static void ApplyToIntrospection(Defect defect, JsonObject claims)
    {
        if (defect is Defect.IntrospectionWrongIssuer)
            claims["iss"] = OtherIssuer;
        if (defect is Defect.IntrospectionWrongAudience)
            claims["aud"] = OtherClient;
    }

    private static void ApplyToLogoutToken(Defect defect, JsonObject claims)
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
