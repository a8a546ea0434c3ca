using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Represents a logout that has begun (OpenID Connect RP-Initiated Logout §2): the user is signed out of the application, and the browser
/// is sent to the server. Keep it for that browser until the redirect, in memory or with <see cref="Protect"/>.
/// </summary>
[DebuggerDisplay("Pending logout of {ClientName}")]
[JsonConverter(typeof(NonSerializableJsonConverter<PendingLogout>))]
public sealed class PendingLogout
{
    internal PendingLogout() { }

    /// <summary>
    /// Gets the address to which the browser is sent. Do not log it: it contains the user's ID Token. It is <see langword="null"/> when the
    /// server has no <c>end_session_endpoint</c>, so that only the application's session ends, and after <see cref="Unprotect"/>, because
    /// the browser has already been sent to the server.
    /// </summary>
    public Uri? EndSessionUri => Address is null ? null : new(Address);

    /// <summary>Gets the name of the client that began the logout; empty for the unnamed client.</summary>
    public string ClientName { get; internal init; } = "";

    /// <summary>
    /// Gets a value indicating whether the request asks the server to redirect the browser to <c>PostLogoutRedirectUri</c>.
    /// </summary>
    public bool ExpectsRedirect { get; internal init; }

    /// <summary>Gets the time at which the pending logout expires.</summary>
    public DateTimeOffset ExpiresAt { get; internal init; }

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? Address { get; init; }

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? State { get; init; }

    /// <summary>Returns the name of the client, without the state and the user.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"Pending logout of {ClientName}";

    /// <summary>Serializes and protects the pending logout, for example for a cookie.</summary>
    /// <param name="protect">A function that encrypts and authenticates, for example <c>IDataProtector.Protect</c>.</param>
    /// <returns>The result of <paramref name="protect"/>.</returns>
    public byte[] Protect(Func<byte[], byte[]> protect) => PendingState.Protect(this, protect, PendingLogoutSerializer.Serialize);

    /// <summary>Restores a pending logout from the result of <see cref="Protect"/>.</summary>
    /// <param name="data">The result of <see cref="Protect"/>.</param>
    /// <param name="unprotect">
    /// A function that decrypts, and throws when the data were changed, for example <c>IDataProtector.Unprotect</c>.
    /// </param>
    /// <returns>The pending logout.</returns>
    /// <exception cref="OAuthProtocolException">The data were changed, or are not a pending logout of this version.</exception>
    public static PendingLogout Unprotect(byte[] data, Func<byte[], byte[]> unprotect) =>
        PendingState.Unprotect(data, unprotect, PendingLogoutSerializer.Deserialize, "logout");

    /// <summary>Validates that the redirect belongs to this logout.</summary>
    /// <exception cref="InvalidOperationException">The logout expects no redirect.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The state is missing or differs, the pending logout has expired, or another client began it.
    /// </exception>
    internal void ValidateCorrelation(AuthorizationResponse response, string clientName, DateTimeOffset now)
    {
        if (ClientName != clientName)
            throw new OAuthProtocolException(
                $"The OAuth client '{ClientName}' began the logout, but '{clientName}' received the redirect; complete it with the client "
                    + "that began it."
            );
        if (!ExpectsRedirect)
            throw new InvalidOperationException(
                "This logout expects no redirect, so it cannot be completed: the server has no end_session_endpoint, or "
                    + "PostLogoutRedirectUri is not set."
            );
        if (now >= ExpiresAt)
            throw new OAuthProtocolException("The redirect after the logout arrived when the pending logout had expired.");
        if (State is null && response.State is not null)
            throw new OAuthProtocolException(
                "The redirect after the logout has a state, but the request had none: it belongs to another logout."
            );
        if (State is not null && response.State is null)
            throw new OAuthProtocolException(
                "The redirect after the logout lacks the state of the request (OpenID Connect RP-Initiated Logout §3); set "
                    + "LogoutParameters.OmitState for a server that never returns it."
            );
        if (State is not null && !Secret.SameText(State, response.State))
            throw new OAuthProtocolException(
                "The redirect after the logout has another state than the request: it belongs to another browser tab, or is an attack "
                    + "(OpenID Connect RP-Initiated Logout §3)."
            );
    }
}
