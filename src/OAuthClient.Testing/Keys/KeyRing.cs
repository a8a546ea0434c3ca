using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The keys of one server: the newest of an algorithm signs, all are published.</summary>
internal sealed class KeyRing
{
    private readonly Lock _gate = new();
    private readonly List<SigningKey> _keys = [];

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

    public void Rotate(string algorithm, bool keepPrevious)
    {
        SigningKey key = SigningKey.Create(algorithm, fresh: true);
        lock (_gate)
        {
            if (!keepPrevious)
                _keys.Clear();
            _keys.Add(key);
        }
    }

    public JsonObject ToJsonWebKeySet(string algorithm)
    {
        Current(algorithm);
        lock (_gate)
            return new() { ["keys"] = new JsonArray([.. _keys.Select(key => key.ToJsonWebKey())]) };
    }
}
