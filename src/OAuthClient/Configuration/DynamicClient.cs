using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Represents a client as the server registered it (RFC 7591 §3.2.1), with its credentials. It is immutable: each change creates an
/// object with the next <see cref="Generation"/>.
/// </summary>
[DebuggerDisplay("DynamicClient {ClientId}, generation {Generation}")]
[JsonConverter(typeof(NonSerializableJsonConverter<DynamicClient>))]
public sealed class DynamicClient
{
    internal DynamicClient(string clientName, string server, string clientId) =>
        (ClientName, Server, ClientId) = (clientName, server, clientId);

    /// <summary>Gets the client's name in <c>AddOAuthClient</c>; empty for the unnamed client.</summary>
    public string ClientName { get; }

    /// <summary>
    /// Gets the authorization server: its issuer, or its token endpoint where the issuer is not known. The credentials are sent to this
    /// server only.
    /// </summary>
    public string Server { get; }

    /// <summary>Gets the client identifier that the server issued (RFC 6749 §2.2).</summary>
    public string ClientId { get; }

    /// <summary>Gets the time of the registration.</summary>
    public DateTimeOffset RegisteredAt { get; internal init; }

    /// <summary>Gets the time of the server's last response about this client, by this machine's clock.</summary>
    public DateTimeOffset LastConfirmedAt { get; internal init; }

    /// <summary>Gets the time at which the client secret expires; <see langword="null"/> if there is none or it does not expire.</summary>
    public DateTimeOffset? SecretExpiresAt { get; internal init; }

    /// <summary>Gets the number of this version, which starts at 1. A store replaces a client only by the next generation.</summary>
    public long Generation { get; internal set; } = 1;

    /// <summary>
    /// Gets the client metadata that the server registered (RFC 7591 §2), without the credentials. It may differ from the requested
    /// metadata.
    /// </summary>
    public JsonElement Metadata { get; internal init; }

    /// <summary>
    /// Gets a value indicating whether the client can be read, updated and deleted at the server (RFC 7592), for which the server issues a
    /// registration access token.
    /// </summary>
    public bool CanBeManaged => ManagementUri is not null && RegistrationAccessToken is not null;

    internal ClientSecret? ClientSecret { get; init; }

    /// <summary>Gets the time at which this secret was first received with this expiration.</summary>
    internal DateTimeOffset SecretIssuedAt { get; init; }

    internal ClientAuthenticationMethod Authentication { get; init; }
    internal Uri? ManagementUri { get; init; }
    internal RegistrationAccessToken? RegistrationAccessToken { get; init; }

    /// <summary>Gets the members of the stored client that this build does not know.</summary>
    internal Dictionary<string, JsonElement>? UnknownMembers { get; init; }

    /// <summary>Returns the client identifier and the generation, without any secret.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"DynamicClient {ClientId}, generation {Generation}";

    internal DynamicClient AfterGeneration(long generation)
    {
        var next = (DynamicClient)MemberwiseClone();
        next.Generation = generation + 1;
        return next;
    }

    /// <summary>Serializes the client with its credentials for a store, and encrypts the result.</summary>
    /// <param name="protect">Encrypts and authenticates the data, for example <c>IDataProtector.Protect</c>.</param>
    /// <returns>The encrypted data, as <paramref name="protect"/> returned them.</returns>
    public byte[] Protect(Func<byte[], byte[]> protect)
    {
        ArgumentNullException.ThrowIfNull(protect);
        return protect(DynamicClientSerializer.Serialize(this));
    }

    /// <summary>Decrypts and deserializes a client that <see cref="Protect"/> serialized.</summary>
    /// <param name="data">The result of <see cref="Protect"/>.</param>
    /// <param name="unprotect">Decrypts the data, and throws if they were changed, for example <c>IDataProtector.Unprotect</c>.</param>
    /// <returns>The client.</returns>
    /// <exception cref="OAuthException">The data are not a client, or a newer version of the library wrote them.</exception>
    public static DynamicClient Unprotect(byte[] data, Func<byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(unprotect);
        return DynamicClientSerializer.Deserialize(unprotect(data));
    }
}
