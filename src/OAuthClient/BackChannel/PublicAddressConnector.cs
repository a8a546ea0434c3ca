using System.Net;
using System.Net.Sockets;

namespace OAuthClient;

/// <summary>
/// Connects to public addresses only. What was looked at is what is connected to: a name that is asked for twice could be
/// harmless the first time and an inner machine's the second (DNS rebinding).
/// </summary>
internal sealed class PublicAddressConnector(DnsResolver resolve, bool allowLoopback)
{
    // IANA's special-purpose registries (RFC 6890): what is not for everybody to reach.
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

    /// <summary>Whether it is for everybody to reach. One that carries another inside is what that is.</summary>
    public static bool IsPublic(IPAddress address) =>
        EmbeddedIPv4(address) is { } inside ? IsPublic(inside) : !Private.Any(network => network.Contains(address));

    /// <summary>Has a handler connect so.</summary>
    /// <exception cref="InvalidOperationException">It connects in a way of its own, which nobody could look into.</exception>
    public void Guard(HttpMessageHandler handler)
    {
        if (handler is not SocketsHttpHandler sockets)
        {
            throw new InvalidOperationException(
                $"RefusePrivateAddresses has to see where connections go, and {handler.GetType().Name} does not show it: use a SocketsHttpHandler as the back channel's primary handler, or leave RefusePrivateAddresses out."
            );
        }
        // A shared instance comes here once for each of its clients.
        if (sockets.ConnectCallback?.Target is PublicAddressConnector { } own && own.AllowsLoopback == allowLoopback)
            return;
        if (sockets.ConnectCallback is not null)
            throw new InvalidOperationException(
                "RefusePrivateAddresses and a ConnectCallback of your own cannot both decide where the back channel connects to; remove one of the two."
            );
        if (sockets.Proxy is not null)
            throw new InvalidOperationException(
                "RefusePrivateAddresses cannot see where a proxy connects to; have the proxy refuse private addresses and leave RefusePrivateAddresses out, or remove the proxy."
            );
        // Nor one that the environment names, which would be the only address that is ever looked at.
        sockets.UseProxy = false;
        sockets.ConnectCallback = ConnectAsync;
    }

    private bool AllowsLoopback => allowLoopback;

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        string host = context.DnsEndPoint.Host;
        var found = await resolve(host, cancellationToken).ConfigureAwait(false);
        IPAddress[] allowed = [.. found.Where(address => IsPublic(address) || (allowLoopback && IPAddress.IsLoopback(address)))];
        if (allowed.Length == 0 && found.Length > 0)
            throw new OAuthProtocolException(
                $"{ServerTextSanitizer.Clean(host)} is at a private address, and RefusePrivateAddresses keeps the back channel from those; nothing was sent."
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
