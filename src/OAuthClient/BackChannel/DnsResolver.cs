using System.Net;

namespace OAuthClient;

/// <summary>Resolves a host name to its addresses.</summary>
internal delegate Task<IPAddress[]> DnsResolver(string host, CancellationToken cancellationToken);
