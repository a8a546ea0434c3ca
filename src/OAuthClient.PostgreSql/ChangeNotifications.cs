using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>
/// What nodes tell each other: that something changed for an owner, and nothing else. Any role that may connect to the database
/// hears it, so the owner is a hash under a key that lies in the database.
/// </summary>
internal sealed class ChangeNotifications(string schema, long node)
{
    private const int HashLength = 16;

    private readonly byte[] key = new byte[HashLength];

    public string Channel { get; } = "oauthclient." + schema;

    /// <summary>What this node's hints begin with: it knows of its own changes, and need not hear of them.</summary>
    public string Sender { get; } = node.ToString("x16", CultureInfo.InvariantCulture) + ".";

    public void UseKey(Guid hintKey) => hintKey.TryWriteBytes(key);

    public string Of(string clientName, GrantOwner owner) =>
        Base64Url.EncodeToString(
            HMACSHA256.HashData(key, new GrantRowKey("", clientName, GrantRowKey.OwnerIn(owner), 0).ToBytes()).AsSpan(0, HashLength)
        );

    /// <returns>Whose hint it is; <see langword="null"/> when this node sent it itself, or nobody of us did.</returns>
    public string? FromOthers(string payload) =>
        payload.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && !payload.StartsWith(Sender, StringComparison.Ordinal)
            ? payload[(dot + 1)..]
            : null;
}
