namespace OAuthClient.PostgreSql;

/// <summary>Represents the result of reading one owner's grants.</summary>
/// <param name="Grants">The grants, newest first.</param>
/// <param name="ReadAt">The timestamp at which the read began.</param>
/// <param name="ReadDuring">The listening period during the read; <see langword="null"/> if no notifications arrived.</param>
/// <param name="IsOutdated">Whether a later change of the grants is known.</param>
internal sealed record GrantSnapshot(Grant[] Grants, long ReadAt, ListeningPeriod? ReadDuring, bool IsOutdated);
