using System.Net;
using System.Net.Sockets;

namespace OAuthClient;

/// <summary>
/// Connects to public addresses only. It resolves a name once and connects to an address that was checked: a second resolution could return
/// a private address (DNS rebinding).
/// </summary>
internal sealed class PublicAddressConnector(DnsResolver resolve, bool allowLoopback)
{
    // The addresses of the IANA special-purpose registries (RFC 6890) that are not globally reachable.
    private static readonly IPNetwork[] Private =
    [
        .. new[]
        {
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
            "5f00::/16",
            "fc00::/7",
            "fe80::/9",
            "ff00::/8",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>
    /// Determines whether an address is globally reachable. For an IPv6 address with an embedded IPv4 address, the latter counts.
    /// </summary>
    public static bool IsPublic(IPAddress address) =>
        EmbeddedIPv4(address) is { } embedded ? IsPublic(embedded) : !Private.Any(network => network.Contains(address));

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
        IPAddress[] allowed = [.. addresses.Where(address => IsPublic(address) || (allowLoopback && IPAddress.IsLoopback(address)))];
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

    private static IPAddress? EmbeddedIPv4(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return null;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (Translated.Contains(address))
            return new(address.GetAddressBytes().AsSpan(12));
        return SixToFour.Contains(address) ? new(address.GetAddressBytes().AsSpan(2, 4)) : null;
    }
}
