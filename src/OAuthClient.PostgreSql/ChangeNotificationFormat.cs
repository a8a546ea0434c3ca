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
    // PostgreSQL limits a payload to 7999 bytes. A hint takes up to 24 with its separator, and the sender 17.
    public const int MaximumHints = 300;

    private const int HashLength = 16;
    private const char Separator = ',';
    private const char WaitingMark = '?';

    private readonly byte[] key = new byte[HashLength];

    public string Channel { get; } = "oauthclient." + schema;

    /// <summary>Gets the prefix of this node's notifications, by which the node ignores its own changes.</summary>
    public string Sender { get; } = node.ToString("x16", CultureInfo.InvariantCulture) + ".";

    public void UseKey(Guid hintKey) => hintKey.TryWriteBytes(key);

    public string Of(string clientName, GrantOwner owner) =>
        Base64Url.EncodeToString(
            HMACSHA256.HashData(key, RowIdentity.OfGrant("", clientName, GrantRowKey.OwnerIn(owner), 0)).AsSpan(0, HashLength)
        );

    /// <summary>Returns the hint by which a node tells that it waits for the end of a lease.</summary>
    public static string Waiting(string hint) => WaitingMark + hint;

    /// <returns>The hint of the lease that a node waits for; <see langword="null"/> if a change was received.</returns>
    public static string? AwaitedHint(string received) => received.StartsWith(WaitingMark) ? received[1..] : null;

    /// <returns>The payloads of notifications that contain these hints.</returns>
    public string[] Payloads(IEnumerable<string> hints) =>
        [.. hints.Chunk(MaximumHints).Select(some => Sender + string.Join(Separator, some))];

    /// <returns>The hints; empty if this node sent the notification, or if it is not a notification of this library.</returns>
    public string[] FromOthers(string payload) =>
        payload.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && !payload.StartsWith(Sender, StringComparison.Ordinal)
            ? payload[(dot + 1)..].Split(Separator, StringSplitOptions.RemoveEmptyEntries)
            : [];
}
