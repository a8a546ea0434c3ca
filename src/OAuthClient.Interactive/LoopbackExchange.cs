using System.Net.Sockets;

namespace OAuthClient.Interactive;

/// <summary>The callback, and the connection on which the browser waits for the page.</summary>
/// <param name="response">The response of the authorization server.</param>
/// <param name="connection">The connection.</param>
internal sealed class LoopbackExchange(AuthorizationResponse response, NetworkStream connection) : IDisposable
{
    // The program may end directly after the sign-in, so it waits until the browser has the page, but not for long.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    public AuthorizationResponse Response => response;

    /// <summary>Sends the page, if the browser still waits for it.</summary>
    public async Task TryRespondAsync(LoopbackReply reply)
    {
        byte[] rest = new byte[1024];
        using CancellationTokenSource timeout = new(CloseTimeout, TimeProvider.System);
        try
        {
            await reply.SendAsync(connection, timeout.Token).ConfigureAwait(false);
            // Until the browser has closed the connection too: closing it with unread data would discard the page.
            while (await connection.ReadAsync(rest, timeout.Token).ConfigureAwait(false) > 0) { }
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The user closed the window, or the page was sent. The sign-in does not depend on the page.
        }
    }

    public void Dispose() => connection.Dispose();
}
