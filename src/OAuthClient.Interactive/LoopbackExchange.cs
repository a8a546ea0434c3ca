using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OAuthClient.Interactive;

/// <summary>One request to the loopback listener, and its connection.</summary>
/// <param name="request">The request; <see langword="null"/> if it is malformed.</param>
/// <param name="connection">The connection.</param>
internal sealed class LoopbackExchange(LoopbackRequest? request, NetworkStream connection) : IDisposable
{
    // The program may end directly after the sign-in, so it waits until the browser has the page, but not for long.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    public LoopbackRequest? Request => request;

    /// <summary>Sends the response and ends the connection.</summary>
    /// <exception cref="IOException">The browser ended the connection.</exception>
    public async Task RespondAsync(LoopbackReply reply, CancellationToken cancellationToken)
    {
        byte[] body = Encoding.UTF8.GetBytes(reply.Html);
        string head =
            $"HTTP/1.1 {reply.Status}\r\nContent-Type: text/html; charset=utf-8\r\n"
            + $"Content-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}\r\n"
            + "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
            + $"Content-Security-Policy: {reply.ContentSecurityPolicy}\r\nConnection: close\r\n\r\n";
        await connection.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body], cancellationToken).ConfigureAwait(false);
        connection.Socket.Shutdown(SocketShutdown.Send);
        // Until the browser has closed the connection too: closing it with unread data would discard the page.
        byte[] rest = new byte[1024];
        using CancellationTokenSource timeout = new(CloseTimeout, TimeProvider.System);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            while (await connection.ReadAsync(rest, linked.Token).ConfigureAwait(false) > 0) { }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            // The page was sent.
        }
    }

    /// <summary>Sends the response, if the browser still waits for it.</summary>
    public async Task TryRespondAsync(LoopbackReply reply)
    {
        try
        {
            await RespondAsync(reply, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // The user closed the window. The sign-in does not depend on the page.
        }
    }

    public void Dispose() => connection.Dispose();
}
