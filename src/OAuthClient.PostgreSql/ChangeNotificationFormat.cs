using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Creates and reads the notifications by which nodes report that an owner's grants changed. Every role that can connect to the database
/// can receive them, so a notification contains only a hash of the owner, the hint, under a key that is stored in the database.
/// </summary>
internal sealed class ChangeNotificationFormat(string schema, long node)
{
    private const int HashLength = 16;

    private readonly byte[] key = new byte[HashLength];

    public string Channel { get; } = "oauthclient." + schema;

    /// <summary>Gets the prefix of this node's notifications, by which the node ignores its own changes.</summary>
    public string Sender { get; } = node.ToString("x16", CultureInfo.InvariantCulture) + ".";

    public void UseKey(Guid hintKey) => hintKey.TryWriteBytes(key);

    public string Of(string clientName, GrantOwner owner) =>
        Base64Url.EncodeToString(
            HMACSHA256.HashData(key, RowIdentity.OfGrant("", clientName, GrantRowKey.OwnerIn(owner), 0)).AsSpan(0, HashLength)
        );

    /// <returns>
    /// The hint; <see langword="null"/> if this node sent the notification, or if it is not a notification of this library.
    /// </returns>
    public string? FromOthers(string payload) =>
        payload.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && !payload.StartsWith(Sender, StringComparison.Ordinal)
            ? payload[(dot + 1)..]
            : null;
}
