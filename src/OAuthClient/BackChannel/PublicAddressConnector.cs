using System.Net;
using System.Net.Sockets;

namespace OAuthClient;

/// <summary>
/// Connects to public addresses only. It resolves a name once and connects to an address that was checked: a second resolution could return
/// a private address (DNS rebinding).
/// </summary>
internal sealed class PublicAddressConnector(DnsResolver resolve, bool allowLoopback)
{
    /// <summary>Configures a handler to connect to public addresses only.</summary>
    /// <param name="handler">The innermost handler.</param>
    /// <exception cref="InvalidOperationException">
    /// The handler is not a <see cref="SocketsHttpHandler"/>, or it has a proxy or a connect callback.
    /// </exception>
    public void Guard(HttpMessageHandler handler)
    {
        if (handler is not SocketsHttpHandler sockets)
        {
            throw new InvalidOperationException(
                $"RefusePrivateAddresses cannot check the connections of a {handler.GetType().Name}. Use a SocketsHttpHandler as the "
                    + "primary handler of the back channel, or do not set RefusePrivateAddresses."
            );
        }
        // A handler that several clients share is configured once for each of them.
        if (sockets.ConnectCallback?.Target is PublicAddressConnector { } own && own.AllowsLoopback == allowLoopback)
            return;
        if (sockets.ConnectCallback is not null)
            throw new InvalidOperationException(
                "RefusePrivateAddresses cannot be combined with a ConnectCallback of the back channel's primary handler. Remove one of the "
                    + "two."
            );
        if (sockets.Proxy is not null)
            throw new InvalidOperationException(
                "RefusePrivateAddresses cannot check the connections of a proxy. Let the proxy reject private addresses and do not set "
                    + "RefusePrivateAddresses, or remove the proxy."
            );
        // With a proxy from the environment, only the address of the proxy would be checked.
        sockets.UseProxy = false;
        sockets.ConnectCallback = ConnectAsync;
    }

    private bool AllowsLoopback => allowLoopback;

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        string host = context.DnsEndPoint.Host;
        var addresses = await resolve(host, cancellationToken).ConfigureAwait(false);
        IPAddress[] allowed =
        [
            .. addresses.Where(address => PublicAddress.IsPublic(address) || (allowLoopback && IPAddress.IsLoopback(address))),
        ];
        if (allowed.Length == 0 && addresses.Length > 0)
            throw new OAuthProtocolException(
                $"{ServerTextSanitizer.Clean(host)} has a private address, which RefusePrivateAddresses does not allow; no request was "
                    + "sent. If the server is inside your network, do not set RefusePrivateAddresses."
            );
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
