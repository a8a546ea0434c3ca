namespace OAuthClient.PostgreSql;

/// <summary>Represents a stored grant and the result of a request for its lease.</summary>
/// <param name="IsAcquired">Whether the lease was acquired.</param>
/// <param name="Row">The grant.</param>
/// <param name="Fence">The fence of the lease.</param>
/// <param name="Status">The status of the stored generation's refresh token.</param>
internal sealed record LeaseRow(bool IsAcquired, GrantRow Row, long Fence, RefreshTokenStatus Status);
