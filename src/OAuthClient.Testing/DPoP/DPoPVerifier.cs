using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OAuthClient.Testing;

/// <summary>Verifies proofs of possession (RFC 9449 §4.3), and issues the nonces that they must contain (§8, §9).</summary>
/// <param name="server">The authorization server, with the clock and the supported algorithms.</param>
/// <param name="requiresNonce">Determines whether a proof must contain the current nonce.</param>
/// <param name="rotatesNonce">Determines whether each response contains a new nonce.</param>
internal sealed partial class DPoPVerifier(ServerState server, Func<bool> requiresNonce, Func<bool> rotatesNonce)
{
    public const string NonceHeader = "DPoP-Nonce";

    private static readonly TimeSpan MaximumAge = TimeSpan.FromMinutes(1);

    // RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2; the private key of an AKP key (RFC 9964).
    private static readonly string[] PrivateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

    // The iat can be up to the maximum age in the future.
    private readonly UsedProofs _used = new(2 * MaximumAge);
    private string _nonce = Randomness.Token();

    /// <summary>Replaces the nonce, so that the next proof with the previous one is refused.</summary>
    public void RotateNonce() => Volatile.Write(ref _nonce, Randomness.Token());

    /// <summary>Adds the nonce for the next request to a response (RFC 9449 §8.2), if proofs must contain one.</summary>
    public Reply WithNonce(Reply reply)
    {
        if (rotatesNonce())
            RotateNonce();
        else if (!requiresNonce())
            return reply;
        return reply.With(NonceHeader, Volatile.Read(ref _nonce));
    }

    /// <summary>Verifies the proof of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="accessToken">The access token of the request; null at the endpoints of the authorization server.</param>
    /// <returns>The thumbprint of the key (RFC 7638); null if there is no proof.</returns>
    /// <exception cref="OAuthErrorException">The proof is not valid (<c>invalid_dpop_proof</c>, <c>use_dpop_nonce</c>).</exception>
    public string? Verify(RecordedRequest request, string? accessToken)
    {
        if (request.Header("DPoP") is not { } text)
            return null;
        if (text.Contains(',', StringComparison.Ordinal))
            throw Invalid("The request must have exactly one DPoP header.");
        ReceivedJwt proof = Parse(text);
        if (proof.Type is not "dpop+jwt")
            throw Invalid("The typ of the proof must be dpop+jwt.");
        string[] algorithms = [.. server.AsymmetricAlgorithms];
        if (!algorithms.Contains(proof.Algorithm))
            throw Invalid($"The alg of the proof must be one of {string.Join(", ", algorithms)}.");
        if (proof.Header["jwk"] is not JsonObject key)
            throw Invalid("The header of the proof must contain the public key (jwk).");
        if (PrivateMembers.FirstOrDefault(key.ContainsKey) is { } member)
            throw Invalid($"The key of the proof must be public; it contains {member}.");
        if (!proof.IsSignedBy(key, server.Options.Ed25519))
            throw Invalid("The key of the proof does not verify its signature, or does not match its alg.");
        // Each attempt needs its own jti, also one that is refused for another reason.
        if (proof.Text("jti") is not { Length: > 0 } id || !_used.TryAdd(id, server.Now))
            throw Invalid("The jti of the proof is missing or was used before.");
        VerifyRequest(proof, request);
        if (accessToken is not null && proof.Text("ath") != Hash(Encoding.ASCII.GetBytes(accessToken)))
            throw Invalid("The ath of the proof is not the hash of the access token.");
        if ((requiresNonce() || rotatesNonce()) && proof.Text("nonce") != Volatile.Read(ref _nonce))
            throw new OAuthErrorException("use_dpop_nonce", "The proof must contain the nonce of this response.");
        return Thumbprint(key);
    }

    private void VerifyRequest(ReceivedJwt proof, RecordedRequest request)
    {
        if (proof.Text("htm") != request.Method)
            throw Invalid("The htm of the proof is not the method of the request.");
        if (!IsAddress(proof.Text("htu"), request.Address))
            throw Invalid($"The htu of the proof must be {request.Address.AbsoluteUri}.");
        if (proof.Time("iat") is not { } issuedAt || (server.Now - issuedAt).Duration() > MaximumAge)
            throw Invalid("The iat of the proof is missing or too far from the current time.");
    }

    private static ReceivedJwt Parse(string text)
    {
        try
        {
            return ReceivedJwt.Parse(text);
        }
        catch (FormatException exception)
        {
            throw Invalid(exception.Message);
        }
    }

    /// <summary>
    /// Compares addresses after normalization (RFC 9449 §4.3, RFC 3986 §6.2.2, §6.2.3). A <c>htu</c> has no query and no fragment (§4.2).
    /// </summary>
    private static bool IsAddress(string? htu, Uri address) =>
        htu?.All(character => character is > ' ' and <= '~' and not ('?' or '#' or '\\')) is true
        && Uri.TryCreate(htu, UriKind.Absolute, out Uri? uri)
        && Normalized(uri) == Normalized(address);

    private static string Normalized(Uri uri) => PercentEncoding.Replace(uri.AbsoluteUri, match => match.Value.ToUpperInvariant());

    /// <summary>Computes the thumbprint of a key (RFC 7638 §3).</summary>
    private static string Thumbprint(JsonObject key)
    {
        string[] names = (string?)key["kty"] switch
        {
            "RSA" => ["e", "kty", "n"],
            "OKP" => ["crv", "kty", "x"],
            _ => ["crv", "kty", "x", "y"],
        };
        JsonObject required = new([.. names.Select(name => KeyValuePair.Create(name, key[name]?.DeepClone()))]);
        return Hash(Encoding.UTF8.GetBytes(required.ToJsonString()));
    }

    private static string Hash(byte[] bytes) => Base64Url.EncodeToString(SHA256.HashData(bytes));

    private static OAuthErrorException Invalid(string description) => new("invalid_dpop_proof", description);

    [GeneratedRegex("%[0-9a-fA-F]{2}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PercentEncoding { get; }
}
