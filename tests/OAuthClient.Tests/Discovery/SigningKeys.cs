using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace OAuthClient.Tests;

/// <summary>Creates signing keys of a server, key sets, and signed or unsigned tokens.</summary>
internal static class SigningKeys
{
    public static readonly ECDsa Old = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    public static readonly ECDsa New = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static readonly ECDsa Another = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Creates a cache of keys whose server answers with a key set.</summary>
    public static JwksCache Keys(ScriptedServer server, string set)
    {
        server.Answers(set);
        return new(server.BackChannelOf(), server.Clock, NullLogger.Instance);
    }

    public static string Set(params IEnumerable<JsonObject> keys) => new JsonObject { ["keys"] = new JsonArray([.. keys]) }.ToJsonString();

    public static JsonObject Key(string? kid, ECDsa key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return new()
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["kid"] = kid,
            ["x"] = Base64Url.EncodeToString(parameters.Q.X),
            ["y"] = Base64Url.EncodeToString(parameters.Q.Y),
        };
    }

    public static UnverifiedJwt Token(string? kid, ECDsa key)
    {
        string input = Input(kid, "ES256");
        lock (key)
            return Parsed(input + "." + Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256)));
    }

    public static UnverifiedJwt Unsigned(string kid, string algorithm = "ES256") =>
        Parsed(Input(kid, algorithm) + "." + new string('A', 86));

    private static UnverifiedJwt Parsed(string compact) => UnverifiedJwt.Parse(compact, JwtType.IdToken, ["ES256", "RS256"]);

    private static string Input(string? kid, string algorithm) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(new JsonObject { ["alg"] = algorithm, ["kid"] = kid }.ToJsonString()))
        + "."
        + Base64Url.EncodeToString("""{"sub":"alice"}"""u8);
}
