using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>A signed JWT taken apart: header and claims as strict JSON, nothing of it believed yet.</summary>
internal sealed class UnverifiedJwt
{
    // Size comes before parsing; the largest real ones (with groups and photos) stay below a tenth of this.
    private const int MaximumLength = 64 * 1024;

    private static readonly SearchValues<char> CompactCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );

    private UnverifiedJwt(string compact, JwtType kind, string algorithm, JsonElement header, JsonElement claims)
    {
        Compact = compact;
        Kind = kind;
        Algorithm = algorithm;
        KeyId = header.Text("kid");
        Header = header;
        Claims = claims;
    }

    /// <summary>As it came.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string Compact { get; }

    public JwtType Kind { get; }
    public string Algorithm { get; }

    /// <summary>Opaque: compared with the key set's, and used for nothing else.</summary>
    public string? KeyId { get; }

    public JsonElement Header { get; }
    public JsonElement Claims { get; }

    /// <exception cref="OAuthProtocolException">It is too large, no signed JWT, of another kind, or signed in a way that was not agreed on.</exception>
    public static UnverifiedJwt Parse(string compact, JwtType kind, IReadOnlyList<string> allowedAlgorithms)
    {
        if (compact.Length > MaximumLength)
            throw new OAuthProtocolException($"The {kind.Name} is longer than {MaximumLength} characters; it was not read.");
        string[] parts = compact.Split('.');
        if (parts.Length != 3)
            throw new OAuthProtocolException($"The {kind.Name} is no signed JWT: it has not three parts (RFC 7515 §7.1).");
        // The decoder would pass over padding and white space, which RFC 7515 §2 excludes: one token would have many spellings.
        if (!IsCompact(compact))
            throw new OAuthProtocolException($"The {kind.Name} holds a character that is not base64url (RFC 7515 §2).");

        var header = Part(parts[0], kind, "header");
        string algorithm =
            header.Text("alg") ?? throw new OAuthProtocolException($"The {kind.Name}'s header names no alg (RFC 7515 §4.1.1).");
        if (!allowedAlgorithms.Contains(algorithm, StringComparer.Ordinal))
        {
            throw new OAuthProtocolException(
                $"The {kind.Name} is signed by '{ServerTextSanitizer.Clean(algorithm)}', but only {string.Join(", ", allowedAlgorithms)} may sign for this client (OpenID Connect Core §3.1.3.7). "
                    + "If the client is registered at the server for that algorithm, name it in IdTokenSigningAlgorithms."
            );
        }
        if (header.TryGetProperty("crit", out _))
            throw new OAuthProtocolException(
                $"The {kind.Name}'s header demands an extension (crit) that is not understood here (RFC 7515 §4.1.11)."
            );
        if (header.TextIfAny("typ") is var type && !kind.Allows(type))
            throw new OAuthProtocolException(
                $"The {kind.Name}'s typ is '{ServerTextSanitizer.Clean(type) ?? "none"}': it was made to be something else (RFC 8725 §3.11)."
            );
        // jku, x5u, jwk and x5c are not looked at: keys come from the server's own key set only.
        return new UnverifiedJwt(compact, kind, algorithm, header, Part(parts[1], kind, "payload"));
    }

    /// <summary>Whether it holds nothing but what a compact JWT is made of (RFC 7515 §7.1, RFC 7516 §7.1).</summary>
    public static bool IsCompact(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(CompactCharacters);

    /// <summary>The claims of a token that was validated before it was stored.</summary>
    public static JsonElement ClaimsOf(IdToken token) => Part(token.Reveal().Split('.')[1], JwtType.IdToken, "payload");

    /// <summary>What a token claims, believed or not; <see langword="null"/> when it cannot even be read.</summary>
    public static JsonElement? TryReadClaims(IdToken token)
    {
        try
        {
            return token.Reveal() is { Length: <= MaximumLength } compact && compact.Split('.') is [_, var payload, _]
                ? Part(payload, JwtType.IdToken, "payload")
                : null;
        }
        catch (OAuthProtocolException)
        {
            return null;
        }
    }

    /// <summary>A part that is JSON: the header, or the payload.</summary>
    /// <exception cref="OAuthProtocolException">It is none.</exception>
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
            ?? throw new OAuthProtocolException($"The {kind.Name}'s {name} is no JSON object, or holds a member twice (RFC 7519 §4).");
    }
}
