using System.Globalization;

namespace OAuthClient;

/// <summary>
/// Reports the health of one client, derived from its recent operations. It makes no network call. <c>AddOAuthClient</c> registers it
/// beside <see cref="IOAuthClient"/>, under the same name. The package <c>OAuthClient.AspNetCore</c> contains a health check that uses it.
/// </summary>
public sealed class ClientHealth
{
    private readonly GrantWriteQueue writes;
    private readonly IGrantStore store;
    private readonly RecentRefreshFailures refreshes;
    private readonly RefreshTokenExpirations expirations;

    internal ClientHealth(GrantWriteQueue writes, IGrantStore store, RecentRefreshFailures refreshes, RefreshTokenExpirations expirations)
    {
        this.expirations = expirations;
        this.writes = writes;
        this.store = store;
        this.refreshes = refreshes;
    }

    /// <summary>
    /// Gets the earliest time at which a refresh token expires (<see cref="Grant.RefreshTokenExpiresAt"/>), among those that this process
    /// received and that have not expired; <see langword="null"/> if the server states none. It is no problem by itself: a refresh can
    /// extend it.
    /// </summary>
    public DateTimeOffset? NextRefreshTokenExpiry => expirations.Next;

    /// <summary>
    /// Gets the current problems: refreshes keep failing, refreshed grants are in memory only, or the store cannot be reached.
    /// </summary>
    /// <returns>
    /// A sentence for each problem, without secrets, owners and text of the server; an empty list if there is no known problem.
    /// </returns>
    public IReadOnlyList<string> GetProblems()
    {
        List<string> problems = [];
        if (refreshes.FindProblem() is { } failing)
            problems.Add(failing);
        if (writes.UnsavedCount is > 0 and var unsaved)
        {
            problems.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{unsaved} refreshed grants are in this process's memory only, because the store did not save them; saving is retried."
                )
            );
        }
        if (store.UnavailableReason is { } unavailable)
            problems.Add(unavailable);
        return problems;
    }
}
