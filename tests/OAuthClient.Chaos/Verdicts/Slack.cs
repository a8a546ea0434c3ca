using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Verdicts;

/// <summary>The time for which the machine may stall before no client could keep a promise.</summary>
/// <param name="Length">The longest sum of stalls in which the promise still holds.</param>
/// <param name="Derivation">The values from which it is computed.</param>
internal sealed record Slack(TimeSpan Length, string Derivation)
{
    /// <summary>
    /// The longest duration of a refresh and its saving on an idle machine with seven other nodes, including code that runs for the first
    /// time.
    /// </summary>
    private static readonly TimeSpan UsualWork = TimeSpan.FromSeconds(1);

    /// <summary>The longest duration of a restart of PostgreSQL on an idle machine. A longer one is a stall of the database.</summary>
    public static readonly TimeSpan UsualOutage = TimeSpan.FromSeconds(1);

    /// <summary>The longest time until the next caller uses a grant.</summary>
    private static readonly TimeSpan NextCaller = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// The grace period of the server ends before another node, which waits for the lease of the killed node, presents the token again.
    /// </summary>
    public static readonly Slack SurvivorWithinGrace = new(
        TokenFamily.Grace - Registration.LeaseWithGrace - UsualOutage - NextCaller,
        "the server's grace - the lease - a restart of the database - the wait for the next caller"
    );

    /// <summary>An attempt or a lease ends before the response is saved, so that the token is presented a second time.</summary>
    public static readonly Slack OnePresentation = new(
        Min(Registration.AttemptTimeout, Registration.LeaseWithoutGrace - Registration.Deadline) - UsualWork,
        "the shorter of BackChannelAttemptTimeout and the lease - BackChannelDeadline, - the usual work"
    );

    /// <summary>A statement or a request of a call reaches its timeout.</summary>
    public static readonly Slack CallWithinTimeouts = new(
        Min(Registration.AttemptTimeout, Registration.CommandTimeout) - UsualWork,
        "the shorter of BackChannelAttemptTimeout and CommandTimeout, - the usual work"
    );

    /// <summary>The callers of the stampede wait longer than promised.</summary>
    public static readonly Slack Stampede = new(
        TimeSpan.FromMilliseconds(50),
        "the promised 100 ms - the 50 ms that the stampede of a thousand callers takes on an idle machine"
    );

    /// <summary>A node that is told to shut down saves its data and exits.</summary>
    public static readonly Slack OrderlyEnd = new(
        TimeSpan.FromSeconds(10),
        "the rig's timeout of 60 s is long; a node ends in a few seconds"
    );

    /// <summary>
    /// A token was valid when it was read and had expired when it was sent. There is no work between the two, only the time in which the
    /// thread did not run, or a statement to a database that does not respond within its timeout.
    /// </summary>
    public static Slack TokenExpiry(TimeSpan lateness) =>
        new(Min(lateness, CallWithinTimeouts.Length), "the time by which the token was late, or the slack of a call's timeouts");

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
