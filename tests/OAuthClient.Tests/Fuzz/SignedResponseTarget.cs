using System.Text;

namespace OAuthClient.Tests;

/// <summary>Signed authorization responses with any claims (JARM §2.1), and unsigned ones that only resemble a JWT.</summary>
internal static class SignedResponseTarget
{
    private static readonly ClientConfiguration Configuration = SampleConfiguration.Create(o => o.ResponseMode = "jwt");

    public static Target Response { get; } =
        new(
            "signed response",
            [
                $$"""
                {"iss":"{{SampleConfiguration.Issuer}}","aud":"client-id","exp":4102444800,"code":"SplxlOBeZQQYbYS6WxSbIA",
                "state":"{{SampleAuthorization.State}}"}
                """,
                $$"""
                {"iss":"{{SampleConfiguration.Issuer}}","aud":["client-id","other"],"exp":4102444800.5,"iat":1,
                "code":"a","state":"{{SampleAuthorization.State}}","scope":"a b","nested":{"a":[1,null]},"number":1}
                """,
            ],
            [
                "\"iss\":",
                "\"aud\":",
                "\"exp\":",
                "\"code\":",
                "\"state\":",
                "\"error\":\"access_denied\",",
                "\"response\":\"a.b.c\",",
                "\"id_token\":",
                "\"code\":[\"a\"],",
                "1e308",
                "[",
                "{\"a\":",
            ],
            input =>
            {
                var pending = SampleAuthorization.Pending();
                string compact = $"{TestKey.Encode("""{"alg":"ES256"}""")}.{System.Buffers.Text.Base64Url.EncodeToString(input)}.AAAA";
                var response = AuthorizationResponse.Parse("?response=" + compact);
                pending.Matches(response);
                var claims = UnverifiedJwt.Parse(compact, JwtType.AuthorizationResponse, SignatureAlgorithms.Supported).Claims;
                var parameters = JwtResponseDecoder.Read(claims, Configuration, SampleConfiguration.Server, SampleConfiguration.Clock);
                ValidatedAuthorizationResponse.Validate(pending, response.WithParameters(parameters));
            }
        );
}
