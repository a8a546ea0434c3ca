using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// A logout that was begun (OpenID Connect RP-Initiated Logout §2): the user is signed out here, and the browser goes on to the server. Keep
/// it with that browser until it comes back, in memory or by <see cref="Protect"/>.
/// </summary>
[DebuggerDisplay("Pending logout of {ClientName}")]
[JsonConverter(typeof(NonSerializableJsonConverter<PendingLogout>))]
public sealed class PendingLogout
{
    internal PendingLogout() { }

    /// <summary>
    /// Where to send the browser; it holds the user's ID Token, so no log may see it. <see langword="null"/> when the server has no
    /// <c>end_session_endpoint</c>: then the user is signed out here only, and nothing comes back. Also when this one was unprotected, for
    /// its browser is on the way already.
    /// </summary>
    public Uri? EndSessionUri => Address is null ? null : new(Address);

    /// <summary>The registration it was begun by; empty for the unnamed one.</summary>
    public string ClientName { get; internal init; } = "";

    /// <summary>Whether the server was asked to send the browser back, to <c>PostLogoutRedirectUri</c>.</summary>
    public bool ExpectsRedirect { get; internal init; }

    /// <summary>Until when the browser is awaited.</summary>
    public DateTimeOffset ExpiresAt { get; internal init; }

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? Address { get; init; }

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? State { get; init; }

    /// <summary>Names neither the state nor the user.</summary>
    public override string ToString() => $"Pending logout of {ClientName}";

    /// <summary>To travel, in a cookie or another place that its holder must neither read nor change.</summary>
    /// <param name="protect">Encrypts and authenticates, for example <c>IDataProtector.Protect</c>.</param>
    /// <returns>What <paramref name="protect"/> returned.</returns>
    public byte[] Protect(Func<byte[], byte[]> protect)
    {
        ArgumentNullException.ThrowIfNull(protect);
        return protect(PendingLogoutSerializer.Serialize(this));
    }

    /// <summary>The way back from <see cref="Protect"/>.</summary>
    /// <param name="data">What <see cref="Protect"/> returned.</param>
    /// <param name="unprotect">Decrypts, and throws when the data were changed, for example <c>IDataProtector.Unprotect</c>.</param>
    /// <exception cref="OAuthProtocolException">The data were changed, or are not a pending logout of this version.</exception>
    public static PendingLogout Unprotect(byte[] data, Func<byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(unprotect);
        try
        {
            return PendingLogoutSerializer.Deserialize(unprotect(data));
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or ArgumentException or FormatException)
        {
            throw new OAuthProtocolException("The data are not a pending logout, or were changed.", exception);
        }
    }

    /// <exception cref="InvalidOperationException">Nothing was to come back.</exception>
    /// <exception cref="OAuthProtocolException">It is another's answer, or came too late.</exception>
    internal void ValidateCorrelation(AuthorizationResponse response, string clientName, DateTimeOffset now)
    {
        if (!string.Equals(ClientName, clientName, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                $"The logout was begun by the OAuth client '{ClientName}' but came back to '{clientName}'; complete it with the client that began it."
            );
        if (!ExpectsRedirect)
            throw new InvalidOperationException(
                "This logout does not come back, so there is nothing to complete: the server has no end_session_endpoint, or PostLogoutRedirectUri is not set."
            );
        if (now >= ExpiresAt)
            throw new OAuthProtocolException("The browser came back from the logout after the pending logout had expired.");
        if (State is null && response.State is not null)
            throw new OAuthProtocolException(
                "The browser came back from the logout with a state, but none was sent: it answers no logout that was begun here."
            );
        if (State is not null && response.State is null)
            throw new OAuthProtocolException(
                "The browser came back from the logout without the state that was sent (OpenID Connect RP-Initiated Logout §3); a server that never gives it back needs LogoutParameters.OmitState."
            );
        if (State is not null && !Secret.SameText(State, response.State))
            throw new OAuthProtocolException(
                "The browser came back from the logout with another state than was sent: another tab, or an attack (OpenID Connect RP-Initiated Logout §3)."
            );
    }
}
