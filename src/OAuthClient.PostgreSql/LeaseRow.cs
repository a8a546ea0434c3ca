namespace OAuthClient.PostgreSql;

/// <summary>A stored grant, and what came of asking for its lease.</summary>
/// <param name="IsTaken">Whether the lease was given.</param>
/// <param name="Row">The grant.</param>
/// <param name="Fence">The lease's number.</param>
/// <param name="Presentation">What is known of the stored generation's refresh token.</param>
internal sealed record LeaseRow(bool IsTaken, GrantRow Row, long Fence, RefreshTokenStatus Presentation);
