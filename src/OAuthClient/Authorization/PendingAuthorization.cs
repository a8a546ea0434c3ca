using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// An authorization that was begun and waits for its callback: state, nonce, code verifier, issuer and redirect URI are in
/// here. Keep it with the browser it was begun for (RFC 9700 §4.7), in memory or by <see cref="Protect"/>.
/// </summary>
[DebuggerDisplay("Pending authorization at {Server}")]
[JsonConverter(typeof(RefusingJsonConverter<PendingAuthorization>))]
public sealed class PendingAuthorization
{
    private const byte FormatVersion = 2;

    private Uri? authorizationUri;

    internal PendingAuthorization()
    {
    }

    /// <summary>Where to send the browser.</summary>
    /// <exception cref="InvalidOperationException">This one was unprotected: its browser is on the way already.</exception>
    public Uri AuthorizationUri => authorizationUri ??= new Uri(Address ?? throw new InvalidOperationException(
        "A pending authorization that was unprotected no longer knows its authorization URI: the browser was sent there before. Begin a new authorization to send it again."));

    /// <summary>Until when the callback is awaited.</summary>
    public DateTimeOffset ExpiresAt { get; internal init; }

    /// <summary>The registration it was begun by; empty for the unnamed one.</summary>
    public string ClientName { get; internal init; } = "";

    /// <summary>Whether a callback carries this authorization's state (RFC 6749 §10.12): to find it among several. Constant time.</summary>
    /// <param name="response">The parsed callback.</param>
    public bool IsAnsweredBy(AuthorizationResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Secret.SameText(State, response.State);
    }

    /// <summary>The authorization URI as text: taking it apart costs more than writing it, and is left to whoever asks for it.</summary>
    internal string? Address { get; init; }
    internal string Server { get; init; } = "";
    internal string? Issuer { get; init; }
    internal bool RequiresIssuer { get; init; }
    internal bool RequiresPath { get; init; }
    internal string RedirectUri { get; init; } = "";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string State { get; init; } = "";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? Nonce { get; init; }

    /// <summary>How long ago the user may have signed in, when the request said so: in whole seconds, as it was sent.</summary>
    internal TimeSpan? MaxAge { get; init; }

    /// <summary>How the user must be authenticated, when the request demanded something.</summary>
    internal IReadOnlyList<string> RequiredAcrValues { get; init; } = [];

    /// <summary>Gets whether only the user who signed in by the registration may complete it.</summary>
    internal bool RenewsSignIn { get; init; }

    internal CodeVerifier CodeVerifier { get; init; } = null!;
    internal IReadOnlyList<string> Scopes { get; init; } = [];
    internal IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>What the record of used states holds: enough to know it again, useless to whoever reads it.</summary>
    internal string StateFingerprint => Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(State)));

    /// <summary>Names neither the state nor any other secret.</summary>
    public override string ToString() => $"Pending authorization at {Server}";

    /// <summary>
    /// To travel, in a cookie or another place that its holder must neither read nor change: a few hundred bytes,
    /// encrypted and authenticated by <paramref name="protect"/>, for example <c>IDataProtector.Protect</c>.
    /// </summary>
    /// <param name="protect">Encrypts and authenticates.</param>
    /// <returns>What <paramref name="protect"/> returned.</returns>
    public byte[] Protect(Func<byte[], byte[]> protect)
    {
        ArgumentNullException.ThrowIfNull(protect);
        using var bytes = new MemoryStream(512);
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(FormatVersion);
        writer.Write(ClientName);
        writer.Write(Server);
        writer.Write(Issuer ?? "");
        writer.Write(RequiresIssuer);
        writer.Write(RequiresPath);
        writer.Write(RenewsSignIn);
        writer.Write(RedirectUri);
        writer.Write(State);
        writer.Write(Nonce ?? "");
        // Zero is an age like any other: sign in now.
        writer.Write7BitEncodedInt64(MaxAge is { } age ? (long)age.TotalSeconds + 1 : 0);
        writer.Write(ScopeText.Join(RequiredAcrValues));
        writer.Write(CodeVerifier.Reveal());
        writer.Write(ScopeText.Join(Scopes));
        writer.Write7BitEncodedInt(Resources.Count);
        foreach (string resource in Resources)
            writer.Write(resource);
        writer.Write(ExpiresAt.ToUnixTimeMilliseconds());
        writer.Flush();
        return protect(bytes.ToArray());
    }

    /// <summary>The way back from <see cref="Protect"/>.</summary>
    /// <param name="data">What <see cref="Protect"/> returned.</param>
    /// <param name="unprotect">Decrypts, and throws when the data were changed, for example <c>IDataProtector.Unprotect</c>.</param>
    /// <exception cref="ProtocolViolationException">The data were changed, or are not a pending authorization of this version.</exception>
    public static PendingAuthorization Unprotect(byte[] data, Func<byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(unprotect);
        try
        {
            using var bytes = new MemoryStream(unprotect(data));
            using var reader = new BinaryReader(bytes, Encoding.UTF8);
            if (reader.ReadByte() != FormatVersion)
                throw new ProtocolViolationException("The pending authorization was written by another version; begin a new one.");
            var pending = new PendingAuthorization
            {
                ClientName = reader.ReadString(),
                Server = reader.ReadString(),
                Issuer = NullIfEmpty(reader.ReadString()),
                RequiresIssuer = reader.ReadBoolean(),
                RequiresPath = reader.ReadBoolean(),
                RenewsSignIn = reader.ReadBoolean(),
                RedirectUri = reader.ReadString(),
                State = reader.ReadString(),
                Nonce = NullIfEmpty(reader.ReadString()),
                MaxAge = reader.Read7BitEncodedInt64() is > 0 and var seconds ? TimeSpan.FromSeconds(seconds - 1) : null,
                RequiredAcrValues = ScopeText.Split(reader.ReadString()),
                CodeVerifier = new CodeVerifier(reader.ReadString()),
                Scopes = ScopeText.Split(reader.ReadString()),
                Resources = ReadResources(reader),
                ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()),
            };
            return bytes.Position == bytes.Length ? pending : throw new ProtocolViolationException("The data hold more than a pending authorization; begin a new one.");
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or ArgumentException or FormatException)
        {
            throw new ProtocolViolationException("The data are not a pending authorization, or were changed; begin a new one.", exception);
        }
    }

    private static List<string> ReadResources(BinaryReader reader)
    {
        int count = reader.Read7BitEncodedInt();
        var resources = new List<string>();
        for (int i = 0; i < count; i++)
            resources.Add(reader.ReadString());
        return resources;
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
