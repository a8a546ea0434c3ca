using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>A parsed signed JWT whose signature and claims are not validated yet. Header and claims are strict JSON.</summary>
internal sealed class UnverifiedJwt
{
    // Checked before parsing. Ten times the size of large ID Tokens with groups and pictures.
    private const int MaximumLength = 64 * 1024;

    private UnverifiedJwt(string compact, JwtType kind, string algorithm, JsonElement header, JsonElement claims)
    {
        Compact = compact;
        Kind = kind;
        Algorithm = algorithm;
        KeyId = header.Text("kid");
        Header = header;
        Claims = claims;
    }

    /// <summary>Gets the token in compact serialization.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string Compact { get; }

    public JwtType Kind { get; }
    public string Algorithm { get; }

    /// <summary>Gets the key identifier, an opaque value that is only compared with those of the key set.</summary>
    public string? KeyId { get; }

    public JsonElement Header { get; }
    public JsonElement Claims { get; }

    /// <summary>Parses a signed JWT.</summary>
    /// <exception cref="OAuthProtocolException">
    /// The token is too large, is not a signed JWT, has another type, or is signed with an algorithm that is not allowed.
    /// </exception>
    public static UnverifiedJwt Parse(string compact, JwtType kind, IReadOnlyList<string> allowedAlgorithms)
    {
        if (compact.Length > MaximumLength)
            throw new OAuthProtocolException($"The {kind.Name} is longer than {MaximumLength} characters and was rejected.");
        string[] parts = compact.Split('.');
        if (parts.Length != 3)
            throw new OAuthProtocolException($"The {kind.Name} is not a signed JWT: it does not have three parts (RFC 7515 §7.1).");
        // The decoder ignores padding and white space, which RFC 7515 §2 forbids; one token would have many representations.
        if (!UrlSafeText.IsValid(compact))
            throw new OAuthProtocolException($"The {kind.Name} holds a character that is not base64url (RFC 7515 §2).");

        var header = Part(parts[0], kind, "header");
        string algorithm =
            header.Text("alg") ?? throw new OAuthProtocolException($"The {kind.Name}'s header has no alg (RFC 7515 §4.1.1).");
        if (!allowedAlgorithms.Contains(algorithm))
            throw OtherAlgorithm(algorithm, kind, allowedAlgorithms);
        if (header.TryGetProperty("crit", out _))
            throw new OAuthProtocolException(
                $"The {kind.Name}'s header requires an extension (crit) that is not supported (RFC 7515 §4.1.11)."
            );
        if (header.TextIfAny("typ") is var type && !kind.Allows(type))
            throw new OAuthProtocolException(
                $"The {kind.Name}'s typ is '{ServerTextSanitizer.Clean(type) ?? "none"}': it is a JWT of another type (RFC 8725 §3.11)."
            );
        // jku, x5u, jwk and x5c are ignored: keys come only from the server's key set.
        return new UnverifiedJwt(compact, kind, algorithm, header, Part(parts[1], kind, "payload"));
    }

    private static OAuthProtocolException OtherAlgorithm(string algorithm, JwtType kind, IReadOnlyList<string> allowed) =>
        new(
            $"The {kind.Name} is signed with '{ServerTextSanitizer.Clean(algorithm)}', but this client allows only "
                + $"{string.Join(", ", allowed)} (OpenID Connect Core §3.1.3.7). "
                + (
                    SignatureAlgorithms.IsEd25519(algorithm) && !allowed.Any(SignatureAlgorithms.IsEd25519)
                        ? $"For that algorithm {SignatureAlgorithms.Ed25519Instruction}, and add it to {kind.AlgorithmOption} if that "
                            + "is set."
                    : SignatureAlgorithms.Supported.Contains(algorithm) || SignatureAlgorithms.IsEd25519(algorithm)
                        ? $"If the client is registered at the server for that algorithm, add it to {kind.AlgorithmOption}. With Fapi2, "
                            + "register the client at the server for one of the allowed algorithms instead (FAPI 2.0 Security Profile "
                            + "§5.4.1)."
                    : "This library does not support that algorithm, and no option adds it; register the client at the server for one "
                        + $"of {string.Join(", ", SignatureAlgorithms.Asymmetric)}."
                )
        );

    /// <summary>Returns the signed bytes: header and payload in their encoded form (RFC 7515 §5.2).</summary>
    public byte[] SigningInput() => Encoding.ASCII.GetBytes(Compact, 0, Compact.LastIndexOf('.'));

    /// <summary>Returns the decoded signature; an empty array if it is not base64url.</summary>
    public byte[] Signature()
    {
        var encoded = Compact.AsSpan(Compact.LastIndexOf('.') + 1);
        return Base64Url.IsValid(encoded) ? Base64Url.DecodeFromChars(encoded) : [];
    }

    /// <summary>Reads the claims of a token that was validated before it was stored.</summary>
    public static JsonElement ClaimsOf(IdToken token) => Part(token.Reveal().Split('.')[1], JwtType.IdToken, "payload");

    /// <summary>Reads the unverified claims of a token; <see langword="null"/> when the token is malformed.</summary>
    public static JsonElement? TryReadClaims(IdToken token) => TryReadClaims(token.Reveal(), JwtType.IdToken);

    /// <summary>Reads the claims without any validation; <see langword="null"/> if the text is not a JWT.</summary>
    public static JsonElement? TryReadClaims(string compact, JwtType kind)
    {
        try
        {
            return compact.Length <= MaximumLength && compact.Split('.') is [_, var payload, _] ? Part(payload, kind, "payload") : null;
        }
        catch (OAuthProtocolException)
        {
            return null;
        }
    }

    /// <summary>Parses the header or the payload as a JSON object.</summary>
    /// <exception cref="OAuthProtocolException">The part is not a JSON object.</exception>
    public static JsonElement Part(string encoded, JwtType kind, string name)
    {
        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(encoded);
        }
        catch (FormatException)
        {
            throw new OAuthProtocolException($"The {kind.Name}'s {name} is not base64url (RFC 7515 §2).");
        }
        return StrictJson.TryParseObject(bytes)
            ?? throw new OAuthProtocolException($"The {kind.Name}'s {name} is not a JSON object, or has a duplicate member (RFC 7519 §4).");
    }
}
