using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OAuthClient.Interactive;

/// <summary>A response of the loopback listener.</summary>
/// <param name="Status">The status line after the version.</param>
/// <param name="Html">The page; empty for no content.</param>
/// <param name="ContentSecurityPolicy">The policy of the page.</param>
internal sealed record LoopbackReply(string Status, string Html, string ContentSecurityPolicy)
{
    private const string NothingAllowed = "default-src 'none'";

    public static readonly LoopbackReply NotFound = new("404 Not Found", "", NothingAllowed);
    public static readonly LoopbackReply BadRequest = new("400 Bad Request", "", NothingAllowed);

    /// <summary>Sends the response, after which the connection carries no further one.</summary>
    /// <exception cref="IOException">The browser ended the connection.</exception>
    /// <exception cref="SocketException">The browser ended the connection.</exception>
    public async Task SendAsync(NetworkStream connection, CancellationToken cancellationToken)
    {
        byte[] body = Encoding.UTF8.GetBytes(Html);
        string head =
            $"HTTP/1.1 {Status}\r\nContent-Type: text/html; charset=utf-8\r\n"
            + $"Content-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}\r\n"
            + "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
            + $"Content-Security-Policy: {ContentSecurityPolicy}\r\nConnection: close\r\n\r\n";
        await connection.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body], cancellationToken).ConfigureAwait(false);
        connection.Socket.Shutdown(SocketShutdown.Send);
    }
}
