using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>An ID Token taken apart: header and claims as strict JSON, nothing of it believed yet.</summary>
internal sealed class UnverifiedIdToken
{
    // Size comes before parsing; the largest real ones (with groups and photos) stay below a tenth of this.
    private const int MaximumLength = 64 * 1024;

    private static readonly SearchValues<char> CompactCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private UnverifiedIdToken(IdToken token, string algorithm, string? keyId, JsonElement claims)
    {
        Token = token;
        Algorithm = algorithm;
        KeyId = keyId;
        Claims = claims;
    }

    public IdToken Token { get; }
    public string Algorithm { get; }

    /// <summary>Opaque: compared with the key set's, and used for nothing else.</summary>
    public string? KeyId { get; }

    public JsonElement Claims { get; }

    /// <exception cref="ProtocolViolationException">It is too large, no signed JWT, or signed in a way that was not agreed on.</exception>
    public static UnverifiedIdToken Parse(IdToken token, IReadOnlyList<string> allowedAlgorithms)
    {
        string compact = token.Reveal();
        if (compact.Length > MaximumLength)
            throw new ProtocolViolationException($"The ID Token is longer than {MaximumLength} characters; it was not read.");
        string[] parts = compact.Split('.');
        if (parts.Length != 3)
            throw new ProtocolViolationException("The ID Token is no signed JWT: it has not three parts (RFC 7515 §7.1).");
        // The decoder would pass over padding and white space, which RFC 7515 §2 excludes: one token would have many spellings.
        if (compact.AsSpan().ContainsAnyExcept(CompactCharacters))
            throw new ProtocolViolationException("The ID Token holds a character that is not base64url (RFC 7515 §2).");

        var header = Part(parts[0], "header");
        string algorithm = header.Text("alg") ?? throw new ProtocolViolationException("The ID Token's header names no alg (RFC 7515 §4.1.1).");
        if (!allowedAlgorithms.Contains(algorithm, StringComparer.Ordinal))
        {
            throw new ProtocolViolationException(
                $"The ID Token is signed by '{ServerText.Clean(algorithm)}', but only {string.Join(", ", allowedAlgorithms)} may sign for this client (OpenID Connect Core §3.1.3.7). "
                + "If the client is registered at the server for that algorithm, name it in IdTokenSigningAlgorithms.");
        }
        if (header.TryGetProperty("crit", out _))
            throw new ProtocolViolationException("The ID Token's header demands an extension (crit) that is not understood here (RFC 7515 §4.1.11).");
        // jku, x5u, jwk and x5c are not looked at: keys come from the server's own key set only.
        return new UnverifiedIdToken(token, algorithm, header.Text("kid"), Part(parts[1], "payload"));
    }

    /// <summary>The claims of a token that was validated before it was stored.</summary>
    public static JsonElement ClaimsOf(IdToken token) => Part(token.Reveal().Split('.')[1], "payload");

    /// <summary>What a token claims, believed or not; <see langword="null"/> when it cannot even be read.</summary>
    public static JsonElement? TryReadClaims(IdToken token)
    {
        try
        {
            return token.Reveal() is { Length: <= MaximumLength } compact && compact.Split('.') is [_, var payload, _] ? Part(payload, "payload") : null;
        }
        catch (ProtocolViolationException)
        {
            return null;
        }
    }

    private static JsonElement Part(string encoded, string name)
    {
        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(encoded);
        }
        catch (FormatException)
        {
            throw new ProtocolViolationException($"The ID Token's {name} is not base64url (RFC 7515 §2).");
        }
        return ServerJson.TryParseObject(bytes)
            ?? throw new ProtocolViolationException($"The ID Token's {name} is no JSON object, or holds a member twice (RFC 7519 §4).");
    }
}
