using System.Net;
using System.Net.Sockets;

namespace OAuthClient;

/// <summary>Distinguishes the addresses of the internet from those of an internal network.</summary>
internal static class PublicAddress
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

    // RFC 6762, RFC 8375, the reserved .internal, and the names of services in Kubernetes.
    private static readonly string[] InternalDomains = [".internal", ".local", ".home.arpa", ".svc"];

    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>
    /// Determines whether an address is globally reachable. For an IPv6 address with an embedded IPv4 address, the latter counts.
    /// </summary>
    public static bool IsPublic(IPAddress address) =>
        EmbeddedIPv4(address) is { } embedded ? IsPublic(embedded) : !Private.Any(network => network.Contains(address));

    /// <summary>
    /// Determines whether an address names a machine of an internal network: by a name without a domain, a name in a domain for internal
    /// use, or an address that is not globally reachable.
    /// </summary>
    public static bool IsInternal(Uri uri)
    {
        if (EndpointSecurity.HostOf(uri) is not { Length: > 0 } host || host == "localhost")
            return false;
        return IPAddress.TryParse(host, out var address)
            ? !IsPublic(address)
            : !host.Contains('.', StringComparison.Ordinal)
                || InternalDomains.Any(domain => host.EndsWith(domain, StringComparison.Ordinal));
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
