using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OAuthClient.Chaos.Server;

/// <param name="Thumbprint">The thumbprint of the key (RFC 7638).</param>
/// <param name="Nonce">The nonce; <see langword="null"/> if the proof has none.</param>
internal sealed record Proof(string Thumbprint, string? Nonce);

/// <summary>
/// Verifies DPoP proofs (RFC 9449 §4.3). It is independent of the library and of OAuthClient.Testing, and accepts keys of P-256 only, which
/// the library creates.
/// </summary>
internal sealed class ProofVerifier(TimeProvider time)
{
    private static readonly TimeSpan MaximumAge = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, bool> used = new(StringComparer.Ordinal);

    /// <param name="text">The value of the header <c>DPoP</c>; several values are joined by a comma.</param>
    /// <param name="method">The method of the request.</param>
    /// <param name="address">The address of the request, without a query.</param>
    /// <param name="accessToken">The access token of the request; <see langword="null"/> at the token endpoint.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="FormatException">The proof is not valid; the message states why.</exception>
    public Proof Verify(string text, string method, string address, string? accessToken)
    {
        string[] parts = text.Split('.');
        Require(parts.Length == 3, "the form of a JWT");
        var header = Read(parts[0]);
        Require(TextOf(header, "typ") == "dpop+jwt", "typ");
        Require(TextOf(header, "alg") == "ES256", "alg");
        Require(header.TryGetProperty("jwk", out var key) && key.ValueKind == JsonValueKind.Object, "jwk");
        Require(TextOf(key, "kty") == "EC" && TextOf(key, "crv") == "P-256" && !key.TryGetProperty("d", out _), "jwk");
        Require(IsSigned(parts, key), "the signature");
        var claims = Read(parts[1]);
        Require(TextOf(claims, "jti") is { Length: > 0 } id && used.TryAdd(id, true), "jti");
        Require(TextOf(claims, "htm") == method, "htm");
        Require(TextOf(claims, "htu") == address, "htu");
        Require(
            claims.TryGetProperty("iat", out var issuedAt)
                && (DateTimeOffset.FromUnixTimeSeconds(issuedAt.GetInt64()) - time.GetUtcNow()).Duration() < MaximumAge,
            "iat"
        );
        Require(accessToken is null || TextOf(claims, "ath") == Hash(accessToken), "ath");
        return new(Thumbprint(key), TextOf(claims, "nonce"));
    }

    private static bool IsSigned(string[] parts, JsonElement key)
    {
        using var verifier = ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new() { X = Bytes(TextOf(key, "x") ?? ""), Y = Bytes(TextOf(key, "y") ?? "") },
            }
        );
        return verifier.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Bytes(parts[2]), HashAlgorithmName.SHA256);
    }

    // RFC 7638 §3.2: the required members in the order of their names.
    private static string Thumbprint(JsonElement key) =>
        Hash($$"""{"crv":"P-256","kty":"EC","x":"{{TextOf(key, "x")}}","y":"{{TextOf(key, "y")}}"}""");

    private static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    private static JsonElement Read(string part) => JsonSerializer.Deserialize<JsonElement>(Bytes(part));

    private static byte[] Bytes(string part) => Base64Url.DecodeFromChars(part);

    private static string? TextOf(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void Require(bool isValid, string what)
    {
        if (!isValid)
            throw new FormatException($"The proof is not valid: {what}.");
    }
}
