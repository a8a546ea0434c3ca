using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Verifies proofs of possession (RFC 9449 §4.3), and issues the nonces that they must contain (§8, §9).</summary>
internal sealed class DPoPVerifier(Func<DateTimeOffset> now)
{
    private static readonly TimeSpan MaximumAge = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, bool> _usedIds = new(StringComparer.Ordinal);
    private string _nonce = Randomness.Token();

    /// <summary>The nonce that the next proof must contain.</summary>
    public string Nonce => Volatile.Read(ref _nonce);

    /// <summary>Replaces the nonce, so that the next proof with the previous one is refused.</summary>
    public void RotateNonce() => Volatile.Write(ref _nonce, Randomness.Token());

    /// <summary>Verifies the proof of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="address">The address of the endpoint, without query and fragment.</param>
    /// <param name="accessToken">The access token of the request; null at the endpoints of the authorization server.</param>
    /// <param name="requiresNonce">Whether the proof must contain the current nonce.</param>
    /// <returns>The thumbprint of the key (RFC 7638); null if there is no proof.</returns>
    /// <exception cref="OAuthErrorException">The proof is not valid (<c>invalid_dpop_proof</c>, <c>use_dpop_nonce</c>).</exception>
    public string? Verify(RecordedRequest request, string address, string? accessToken, bool requiresNonce)
    {
        if (request.Header("DPoP") is not { } text)
            return null;
        ReceivedJwt proof;
        try
        {
            proof = ReceivedJwt.Parse(text);
        }
        catch (FormatException exception)
        {
            throw Invalid(exception.Message);
        }

        if (proof.Type is not "dpop+jwt")
            throw Invalid("The typ of the proof must be dpop+jwt.");
        if (proof.Header["jwk"] is not JsonObject key || key.ContainsKey("d"))
            throw Invalid("The header of the proof must contain a public key.");
        if (!proof.IsSignedBy(key))
            throw Invalid("The key of the proof does not verify its signature.");
        if ((string?)proof.Claims["htm"] != request.Method)
            throw Invalid("The htm of the proof is not the method of the request.");
        if ((string?)proof.Claims["htu"] != address)
            throw Invalid("The htu of the proof is not the address of the request.");
        if ((long?)proof.Claims["iat"] is not { } seconds || (now() - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > MaximumAge)
            throw Invalid("The iat of the proof is missing or too far from the current time.");
        string? hash = accessToken is null ? null : Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)));
        if ((string?)proof.Claims["ath"] != hash)
            throw Invalid("The ath of the proof is not the hash of the access token.");
        if (requiresNonce && (string?)proof.Claims["nonce"] != Nonce)
            throw new OAuthErrorException("use_dpop_nonce", "The proof must contain the nonce of this response.");
        if ((string?)proof.Claims["jti"] is not { Length: > 0 } id || !_usedIds.TryAdd(id, true))
            throw Invalid("The jti of the proof is missing or was used before.");
        return Thumbprint(key);
    }

    /// <summary>Computes the thumbprint of a key (RFC 7638 §3).</summary>
    private static string Thumbprint(JsonObject key)
    {
        string[] names = (string?)key["kty"] is "RSA" ? ["e", "kty", "n"] : ["crv", "kty", "x", "y"];
        JsonObject required = new([.. names.Select(name => KeyValuePair.Create(name, key[name]?.DeepClone()))]);
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(required.ToJsonString())));
    }

    private static OAuthErrorException Invalid(string description) => new("invalid_dpop_proof", description);
}
