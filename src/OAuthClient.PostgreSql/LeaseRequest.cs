namespace OAuthClient.PostgreSql;

/// <summary>Who asks for a lease, and what it knows of the nodes.</summary>
/// <param name="Node">The node's own id, when its death would be noticed.</param>
/// <param name="ConnectedSince">Since when it is connected, by the database's clock.</param>
/// <param name="Ticket">By chance: by it an answer that was lost is asked for again.</param>
/// <param name="DeadFence">The lease whose holder the node has seen dead for long enough.</param>
internal readonly record struct LeaseRequest(long? Node, DateTime? ConnectedSince, long Ticket, long? DeadFence);
