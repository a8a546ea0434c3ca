using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// A client as the server registered it (RFC 7591 §3.2.1), with its credentials. Immutable; every change is a new object with the next
/// <see cref="Generation"/>.
/// </summary>
[DebuggerDisplay("DynamicClient {ClientId}, generation {Generation}")]
[JsonConverter(typeof(NonSerializableJsonConverter<DynamicClient>))]
public sealed class DynamicClient
{
    internal DynamicClient(string clientName, string server, string clientId) =>
        (ClientName, Server, ClientId) = (clientName, server, clientId);

    private DynamicClient(DynamicClient older)
    {
        (ClientName, Server, ClientId) = (older.ClientName, older.Server, older.ClientId);
        (RegisteredAt, LastConfirmedAt, SecretExpiresAt, Metadata) = (
            older.RegisteredAt,
            older.LastConfirmedAt,
            older.SecretExpiresAt,
            older.Metadata
        );
        (ClientSecret, SecretIssuedAt, Authentication) = (older.ClientSecret, older.SecretIssuedAt, older.Authentication);
        (ManagementUri, RegistrationAccessToken) = (older.ManagementUri, older.RegistrationAccessToken);
        UnknownMembers = older.UnknownMembers;
    }

    /// <summary>The registration in this application, as named in <c>AddOAuthClient</c>; empty for the unnamed one.</summary>
    public string ClientName { get; }

    /// <summary>The authorization server: its issuer, or its token endpoint where the issuer is not known. Credentials are for this one only.</summary>
    public string Server { get; }

    /// <summary>The client identifier that the server gave.</summary>
    public string ClientId { get; }

    /// <summary>When it was registered.</summary>
    public DateTimeOffset RegisteredAt { get; internal init; }

    /// <summary>When the server last said this, by this machine's clock.</summary>
    public DateTimeOffset LastConfirmedAt { get; internal init; }

    /// <summary>When the client secret ends; <see langword="null"/> when there is none, or it does not end.</summary>
    public DateTimeOffset? SecretExpiresAt { get; internal init; }

    /// <summary>Counts the changes: a store replaces it only by the next generation.</summary>
    public long Generation { get; internal init; } = 1;

    /// <summary>What the server registered, member by member (RFC 7591 §2), without the credentials. It may differ from what was asked for.</summary>
    public JsonElement Metadata { get; internal init; }

    /// <summary>Whether it can be read, updated and deleted at the server (RFC 7592).</summary>
    public bool CanBeManaged => ManagementUri is not null && RegistrationAccessToken is not null;

    internal ClientSecret? ClientSecret { get; init; }

    /// <summary>When this secret, with this end, was first heard of.</summary>
    internal DateTimeOffset SecretIssuedAt { get; init; }

    internal ClientAuthenticationMethod Authentication { get; init; }
    internal Uri? ManagementUri { get; init; }
    internal RegistrationAccessToken? RegistrationAccessToken { get; init; }

    /// <summary>Gets the members of the stored client that this build does not know.</summary>
    internal Dictionary<string, JsonElement>? UnknownMembers { get; init; }

    /// <summary>Names no secret.</summary>
    public override string ToString() => $"DynamicClient {ClientId}, generation {Generation}";

    internal DynamicClient AfterGeneration(long generation) => new(this) { Generation = generation + 1 };

    /// <summary>The whole of it with its credentials, for a store: encrypted and authenticated by <paramref name="protect"/>.</summary>
    /// <param name="protect">Encrypts and authenticates, for example <c>IDataProtector.Protect</c>.</param>
    /// <returns>What <paramref name="protect"/> returned.</returns>
    public byte[] Protect(Func<byte[], byte[]> protect)
    {
        ArgumentNullException.ThrowIfNull(protect);
        return protect(DynamicClientSerializer.Serialize(this));
    }

    /// <summary>The way back from <see cref="Protect"/>.</summary>
    /// <param name="data">What <see cref="Protect"/> returned.</param>
    /// <param name="unprotect">Decrypts, and throws when the data were changed, for example <c>IDataProtector.Unprotect</c>.</param>
    /// <exception cref="OAuthException">The data are not a client, or a newer version of the library wrote them.</exception>
    public static DynamicClient Unprotect(byte[] data, Func<byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(unprotect);
        return DynamicClientSerializer.Deserialize(unprotect(data));
    }
}
