using System.Buffers.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace OAuthClient;

/// <summary>
/// Parses the key set that a server publishes (RFC 7517 §5). A key that is malformed, or of a type that is not supported, is skipped: it
/// does not affect the other keys.
/// </summary>
internal static class JwksParser
{
    private const int MaximumKeys = 100;

    // RFC 8037 §2
    private const int Ed25519Length = 32;

    /// <summary>Parses a key set.</summary>
    /// <param name="json">The key set.</param>
    /// <param name="onSkipped">Receives the index of each key that is skipped, and the reason.</param>
    /// <param name="ed25519">The implementation of Ed25519; <see langword="null"/> without one.</param>
    /// <returns>The keys of the supported types.</returns>
    /// <exception cref="OAuthProtocolException">The document is not a key set, or holds too many keys.</exception>
    public static IReadOnlyList<JwksKey> Read(ReadOnlyMemory<byte> json, Action<int, string>? onSkipped = null, IEd25519? ed25519 = null)
    {
        using var document = StrictJson.TryParseTolerantly(json);
        JsonMembers? set = document is null ? null : new(document.RootElement);
        if (set is null || set.IsRepeated("keys") || set["keys"] is not { ValueKind: JsonValueKind.Array } keys)
            throw new OAuthProtocolException(
                "The server's key set is malformed: it is not a JSON object with one array 'keys' (RFC 7517 §5)."
            )
            {
                IsTransient = true,
            };
        if (keys.GetArrayLength() > MaximumKeys)
            throw new OAuthProtocolException($"The server's key set holds more than {MaximumKeys} keys and was rejected.")
            {
                IsTransient = true,
            };
        var read = new List<JwksKey>();
        foreach (var (index, key) in keys.EnumerateArray().Index())
        {
            if (key.ValueKind != JsonValueKind.Object)
                onSkipped?.Invoke(index, "it is not an object");
            else if (Skipped(new(key), ed25519, out var parameters) is { } reason)
                onSkipped?.Invoke(index, reason);
            else
                read.Add(new(parameters, ed25519));
        }
        return read;
    }

    // The certificate (x5c) is not read: the framework would verify with it in place of the parameters, which
    // AsymmetricSignatureValidator checks.
    private static string? Skipped(JsonMembers members, IEd25519? ed25519, out JsonWebKey parameters)
    {
        parameters = new();
        foreach (string name in new[] { "kty", "kid", "use", "alg" })
        {
            if (members.IsRepeated(name) || (!members[name].IsAbsent() && StrictJson.TextIfAnyOf(members[name]) is null))
                return $"its {name} is not one string";
        }
        if (members.IsRepeated("key_ops") || (!members["key_ops"].IsAbsent() && members["key_ops"].ValueKind != JsonValueKind.Array))
            return "its key_ops is not one array";
        if (members["key_ops"].ValueKind == JsonValueKind.Array)
        {
            if (members.TextsIfAny("key_ops") is not { } operations)
                return "its key_ops is not an array of strings";
            foreach (string operation in operations)
                parameters.KeyOps.Add(operation);
        }
        (parameters.Kty, parameters.Kid) = (members.TextIfAny("kty"), members.TextIfAny("kid"));
        (parameters.Use, parameters.Alg) = (members.TextIfAny("use"), members.TextIfAny("alg"));
        // Compared with the issuer of a tenant. Another type than a string matches no tenant.
        if (!members["issuer"].IsAbsent())
            parameters.AdditionalData["issuer"] = members.TextIfAny("issuer") ?? (object)false;
        switch (parameters.Kty)
        {
            case JsonWebAlgorithmsKeyTypes.RSA:
                (parameters.N, parameters.E) = (Number(members, "n"), Number(members, "e"));
                return parameters.N is null || parameters.E is null ? "its n or e is missing or is not base64url" : null;
            case JsonWebAlgorithmsKeyTypes.EllipticCurve:
                (parameters.Crv, parameters.X, parameters.Y) = (members.TextIfAny("crv"), Number(members, "x"), Number(members, "y"));
                return parameters.Crv is null ? "its crv is missing or is not a string"
                    : parameters.X is null || parameters.Y is null ? "its x or y is missing or is not base64url"
                    : null;
            case JwksKey.OctetKeyPair when ed25519 is null:
                return "its kty is OKP, which needs the package OAuthClient.Ed25519";
            case JwksKey.OctetKeyPair:
                (parameters.Crv, parameters.X) = (members.TextIfAny("crv"), Number(members, "x"));
                return parameters.Crv != "Ed25519" ? "its crv is not Ed25519"
                    : parameters.X is null || Base64Url.DecodeFromChars(parameters.X).Length != Ed25519Length
                        ? "its x is missing or is not 32 bytes in base64url"
                    : null;
            default:
                return "its kty is not RSA, EC or OKP";
        }
    }

    // Encoded again, because some servers add padding, which the framework does not accept.
    private static string? Number(JsonMembers members, string name) =>
        members.TextIfAny(name) is { } text && Base64Url.IsValid(text) ? Base64Url.EncodeToString(Base64Url.DecodeFromChars(text)) : null;
}
