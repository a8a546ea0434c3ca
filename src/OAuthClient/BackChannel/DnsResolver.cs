using System.Net;

namespace OAuthClient;

/// <summary>Finds the addresses of a host.</summary>
internal delegate Task<IPAddress[]> DnsResolver(string host, CancellationToken cancellationToken);
