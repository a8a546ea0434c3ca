namespace OAuthClient.Testing;

public sealed partial class TestAuthorizationServer
{
    /// <summary>
    /// Simulates the browser and the user: enters the code of a device at <see cref="DeviceVerificationUri"/>, signs in and decides on the
    /// server's pages (RFC 8628 §3.3).
    /// </summary>
    /// <param name="userCode">The code that the device shows.</param>
    /// <param name="how">
    /// The options of the sign-in, such as <see cref="SignInOptions.Deny"/>; <see langword="null"/> for the user <c>alice</c> and consent
    /// to all requested scopes.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the server has recorded the decision.</returns>
    /// <exception cref="InvalidOperationException">
    /// The code is wrong or has expired, or the server rejected the credentials. The message contains the text of the page.
    /// </exception>
    public Task ApproveDeviceAsync(string userCode, SignInOptions? how = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userCode);
        return new ScriptedBrowser(_browser, _state, how ?? new SignInOptions()).ApproveDeviceAsync(
            DeviceVerificationUri,
            userCode,
            cancellationToken
        );
    }

    /// <summary>
    /// Simulates the browser and the user: opens an address that contains the code (<c>verification_uri_complete</c>, RFC 8628 §3.3.1),
    /// signs in and decides on the server's pages.
    /// </summary>
    /// <param name="verificationUriComplete">The address.</param>
    /// <param name="how">
    /// The options of the sign-in, such as <see cref="SignInOptions.Deny"/>; <see langword="null"/> for the user <c>alice</c> and consent
    /// to all requested scopes.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the server has recorded the decision.</returns>
    /// <exception cref="ArgumentException"><paramref name="verificationUriComplete"/> is not an address of this server.</exception>
    /// <exception cref="InvalidOperationException">
    /// The code is wrong or has expired, or the server rejected the credentials. The message contains the text of the page.
    /// </exception>
    public Task ApproveDeviceAsync(Uri verificationUriComplete, SignInOptions? how = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(verificationUriComplete);
        return new ScriptedBrowser(_browser, _state, how ?? new SignInOptions()).ApproveDeviceAsync(
            verificationUriComplete,
            userCode: null,
            cancellationToken
        );
    }

    /// <summary>Ends the lifetime of every device code that was issued so far.</summary>
    public void ExpireDeviceCodes() => _state.DeviceCodes.Expire(_state.Now);
}
