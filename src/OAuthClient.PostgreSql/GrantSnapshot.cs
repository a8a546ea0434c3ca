namespace OAuthClient.PostgreSql;

/// <summary>What was read of one owner's grants.</summary>
/// <param name="Grants">The grants, newest first.</param>
/// <param name="ReadAt">The timestamp at which reading began.</param>
/// <param name="ReadDuring">The period in which announcements arrived then; <see langword="null"/> when none did.</param>
/// <param name="IsOutdated">Whether the grants are known to have changed since.</param>
internal sealed record GrantSnapshot(Grant[] Grants, long ReadAt, ListeningPeriod? ReadDuring, bool IsOutdated);
