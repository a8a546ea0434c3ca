namespace OAuthClient.PostgreSql;

/// <summary>Represents a node's request for a lease.</summary>
/// <param name="Node">The node's id; <see langword="null"/> if other nodes cannot detect its end.</param>
/// <param name="ConnectedSince">The time at which the node connected, by the database's clock.</param>
/// <param name="Ticket">A random number that identifies the request if it is repeated after a lost response.</param>
/// <param name="DeadFence">The fence of a lease whose holder this node has detected as dead.</param>
internal readonly record struct LeaseRequest(long? Node, DateTime? ConnectedSince, long Ticket, long? DeadFence);
