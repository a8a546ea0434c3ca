using System.Globalization;

namespace OAuthClient.Interactive;

/// <summary>Signs the user of a console program in with the browser of another device (RFC 8628).</summary>
public static class DeviceSignInExtensions
{
    /// <summary>
    /// Requests a device code, writes the address and the code that the user enters there, waits until the user has responded, and stores
    /// the grant (RFC 8628 §3.3). It needs neither a browser nor a port on this machine, for example over SSH or in a container.
    /// </summary>
    /// <param name="device">The device authorization, which <c>AddOAuthClient</c> registers.</param>
    /// <param name="owner">The owner of the grant; <see langword="null"/> for <c>GrantOwner.User("me")</c>.</param>
    /// <param name="output">
    /// Where the address and the code are written; <see langword="null"/> for the error output of the console.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The stored grant.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself.</exception>
    /// <exception cref="AuthorizationResponseException">The user refused.</exception>
    /// <exception cref="ReauthorizationRequiredException">The code has expired. Sign in again.</exception>
    /// <exception cref="OAuthException">
    /// The server has no device authorization endpoint, refused the request, or sent an invalid response.
    /// </exception>
    public static async Task<Grant> SignInWithDeviceCodeAsync(
        this DeviceAuthorization device,
        GrantOwner? owner = null,
        TextWriter? output = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(device);
        var pending = await device.BeginAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        string instruction = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Open this address in the browser of any device:

            {pending.VerificationUri.AbsoluteUri}

            Enter the code {pending.UserCode} before {pending.ExpiresAt.ToLocalTime():HH:mm}.

            """
        );
        await (output ?? Console.Error).WriteLineAsync(instruction.AsMemory(), cancellationToken).ConfigureAwait(false);
        return await device.CompleteAsync(pending, owner ?? GrantOwner.User("me"), cancellationToken).ConfigureAwait(false);
    }
}
