using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The signing keys of a server. The newest key of an algorithm signs; all keys are published.</summary>
internal sealed class KeyRing(TestAuthorizationServerOptions options)
{
    private readonly Lock _lock = new();
    private readonly List<SigningKey> _keys = [];
    private readonly List<SigningKey> _retired = [];

    public SigningKey Current(string algorithm)
    {
        lock (_lock)
        {
            SigningKey? key = _keys.FindLast(key => key.Algorithm == algorithm);
            if (key is null)
                _keys.Add(key = SigningKey.Create(algorithm, fresh: false, options.Ed25519));
            return key;
        }
    }

    /// <summary>Creates a new key for each algorithm.</summary>
    public void Rotate(IEnumerable<string> algorithms, bool keepPrevious)
    {
        SigningKey[] created =
        [
            .. algorithms.Distinct(StringComparer.Ordinal).Select(algorithm => SigningKey.Create(algorithm, fresh: true, options.Ed25519)),
        ];
        lock (_lock)
        {
            if (!keepPrevious)
            {
                _retired.AddRange(_keys);
                _keys.Clear();
            }

            _keys.AddRange(created);
        }
    }

    /// <summary>Determines whether a current or former key of this server created the signature.</summary>
    public bool Verifies(string algorithm, byte[] input, byte[] signature)
    {
        lock (_lock)
            return _keys.Concat(_retired).Any(key => key.Algorithm == algorithm && key.Verifies(input, signature));
    }

    /// <summary>Returns the key set.</summary>
    /// <param name="algorithms">The algorithms for which the key set must contain a key.</param>
    /// <param name="includeKeyIds">A value indicating whether the keys have a <c>kid</c>.</param>
    /// <param name="includeDecoys">A value indicating whether each key is preceded by unusable keys with the same <c>kid</c>.</param>
    public JsonObject ToJsonWebKeySet(IEnumerable<string> algorithms, bool includeKeyIds, bool includeDecoys)
    {
        foreach (string algorithm in algorithms)
            Current(algorithm);
        SigningKey[] keys;
        lock (_lock)
            keys = [.. _keys];
        JsonObject[] published =
        [
            .. keys.SelectMany(key => includeDecoys ? [.. DecoyKeys.CreateFor(key), key.ToJsonWebKey()] : new[] { key.ToJsonWebKey() }),
        ];
        if (!includeKeyIds)
        {
            foreach (JsonObject key in published)
                key.Remove("kid");
        }

        return new() { ["keys"] = new JsonArray([.. published]) };
    }
}
