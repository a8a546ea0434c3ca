using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OAuthClient.Benchmarks;

/// <summary>
/// A handwritten end of a sign-in (OpenID Connect Core §3.1.3): the code is redeemed, and the ID Token is verified with a key that is
/// imported once and checked for issuer, audience, expiration and nonce.
/// </summary>
internal sealed class HandwrittenSignIn(HttpClient client, Uri endpoint, string basic, RSA key)
{
    public async Task<HandwrittenTokens> CompleteAsync(string code, string verifier, string nonce)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new FormUrlEncodedContent([
                new("grant_type", "authorization_code"),
                new("code", code),
                new("redirect_uri", Sample.RedirectUri),
                new("code_verifier", verifier),
            ]),
        };
        request.Headers.TryAddWithoutValidation("Authorization", basic);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        using var response = await client.SendAsync(request).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        byte[] json = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
        var tokens = JsonSerializer.Deserialize(json, HandwrittenJson.Default.HandwrittenTokens)!;
        Validate(tokens.IdToken!, nonce);
        return tokens;
    }

    private void Validate(string token, string nonce)
    {
        int end = token.LastIndexOf('.');
        int dot = token.IndexOf('.', StringComparison.Ordinal);
        byte[] signature = Base64Url.DecodeFromChars(token.AsSpan(end + 1));
        bool verifies = key.VerifyData(
            Encoding.ASCII.GetBytes(token, 0, end),
            signature,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pkcs1
        );
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(token.AsSpan(0, dot)));
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.AsSpan((dot + 1)..end)));
        var all = claims.RootElement;
        if (
            !verifies
            || header.RootElement.GetProperty("alg").GetString() != "RS256"
            || all.GetProperty("iss").GetString() != OpenIdServer.Issuer
            || all.GetProperty("aud").GetString() != Sample.ClientId
            || all.GetProperty("exp").GetInt64() < DateTimeOffset.UtcNow.ToUnixTimeSeconds()
            || all.GetProperty("nonce").GetString() != nonce
        )
            throw new InvalidOperationException("The ID Token is not valid.");
    }
}
