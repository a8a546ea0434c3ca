using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The keys of one server: the newest of an algorithm signs, all are published.</summary>
internal sealed class KeyRing
{
    private readonly Lock _gate = new();
    private readonly List<SigningKey> _keys = [];
    private readonly List<SigningKey> _retired = [];

    public SigningKey Current(string algorithm)
    {
        lock (_gate)
        {
            SigningKey? key = _keys.FindLast(key => key.Algorithm == algorithm);
            if (key is null)
                _keys.Add(key = SigningKey.Create(algorithm, fresh: false));
            return key;
        }
    }

    /// <summary>New keys for every algorithm in use.</summary>
    public void Rotate(IEnumerable<string> algorithms, bool keepPrevious)
    {
        SigningKey[] fresh =
        [
            .. algorithms.Distinct(StringComparer.Ordinal).Select(algorithm => SigningKey.Create(algorithm, fresh: true)),
        ];
        lock (_gate)
        {
            if (!keepPrevious)
            {
                _retired.AddRange(_keys);
                _keys.Clear();
            }

            _keys.AddRange(fresh);
        }
    }

    /// <summary>Whether this server signed it, with a key it has or once had.</summary>
    public bool Verifies(string algorithm, byte[] input, byte[] signature)
    {
        lock (_gate)
            return _keys.Concat(_retired).Any(key => key.Algorithm == algorithm && key.Verifies(input, signature));
    }

    /// <param name="algorithms">What the set must have a key for, whether or not one has signed yet.</param>
    /// <param name="keyIds">Whether keys are named.</param>
    /// <param name="decoys">Whether each has neighbours of the same name that are good for something else.</param>
    public JsonObject ToJsonWebKeySet(IEnumerable<string> algorithms, bool keyIds, bool decoys)
    {
        foreach (string algorithm in algorithms)
            Current(algorithm);
        SigningKey[] keys;
        lock (_gate)
            keys = [.. _keys];
        JsonObject[] published =
        [
            .. keys.SelectMany(key => decoys ? [.. DecoyKeys.Of(key), key.ToJsonWebKey()] : new[] { key.ToJsonWebKey() }),
        ];
        if (!keyIds)
        {
            foreach (JsonObject key in published)
                key.Remove("kid");
        }

        return new() { ["keys"] = new JsonArray([.. published]) };
    }
}
