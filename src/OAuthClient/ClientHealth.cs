using System.Globalization;

namespace OAuthClient;

/// <summary>
/// The health of one client, derived from its recent operations. It makes no network call. It is registered as a keyed service under the
/// client's name, for health checks; <c>OAuthClient.AspNetCore</c> brings one.
/// </summary>
public sealed class ClientHealth
{
    private readonly GrantWriteQueue writes;
    private readonly IGrantStore store;
    private readonly RecentRefreshFailures refreshes;

    internal ClientHealth(GrantWriteQueue writes, IGrantStore store, RecentRefreshFailures refreshes)
    {
        this.writes = writes;
        this.store = store;
        this.refreshes = refreshes;
    }

    /// <summary>
    /// Gets the present problems: refreshes keep failing, refreshed grants are in memory only, the store cannot be reached.
    /// </summary>
    /// <returns>A sentence for each problem, without secrets, owners and texts of servers; empty if no problem is known.</returns>
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
                    $"{unsaved} refreshed grants are in this process's memory only, because the store did not take them; they are offered again until it does."
                )
            );
        }
        if (store.UnavailableReason is { } unavailable)
            problems.Add(unavailable);
        return problems;
    }
}
