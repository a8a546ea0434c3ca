namespace OAuthClient;

/// <summary>Represents the result of reading one owner's grants.</summary>
/// <param name="Grants">The grants, newest first.</param>
/// <param name="ReadAt">The timestamp at which the read began.</param>
/// <param name="ReadDuring">The listening period during the read; <see langword="null"/> if no changes were reported.</param>
internal sealed record GrantSnapshot(Grant[] Grants, long ReadAt, ListeningPeriod? ReadDuring);
