using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Creates items of a key set that a client cannot use. It must ignore them (RFC 7517 §5).</summary>
internal static class MalformedKeys
{
    private static readonly string[] Numbers = ["n", "e", "x", "y"];

    public static IEnumerable<JsonNode?> Create(JsonObject key)
    {
        yield return null;
        yield return 5;
        yield return "key";
        yield return new JsonArray();
        yield return new JsonObject();
        yield return new JsonObject
        {
            ["kty"] = "OKP",
            ["crv"] = "Ed25519",
            ["x"] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        };
        yield return new JsonObject { ["kty"] = "oct", ["k"] = "c2VjcmV0" };
        yield return new JsonObject
        {
            ["kty"] = "AKP",
            ["alg"] = "ML-DSA-44",
            ["pub"] = "AAAA",
        };
        yield return With(key, "kty", 1);
        yield return With(key, "kid", 5);
        yield return With(key, "use", new JsonArray("sig"));
        yield return With(key, "key_ops", "verify");
        yield return With(key, "key_ops", new JsonArray(1));
        yield return With(key, "alg", true);
        foreach (string number in Numbers.Where(key.ContainsKey))
        {
            yield return With(key, number, "+/ not base64url!");
            yield return With(key, number, null);
            yield return With(key, number, new JsonObject());
        }
    }

    private static JsonObject With(JsonObject key, string member, JsonNode? value)
    {
        JsonObject copy = key.DeepClone().AsObject();
        copy[member] = value;
        return copy;
    }
}
