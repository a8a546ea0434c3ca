using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Verdicts;

/// <summary>How much time the machine may take from a promise before the promise cannot be kept by any client.</summary>
/// <param name="Length">The longest sum of stalls in which the promise still holds.</param>
/// <param name="Derivation">What it is computed from.</param>
internal sealed record Slack(TimeSpan Length, string Derivation)
{
    /// <summary>How long a refresh and its saving take at most on an idle machine beside seven other nodes, cold code included.</summary>
    private static readonly TimeSpan UsualWork = TimeSpan.FromSeconds(1);

    /// <summary>How long a restart of PostgreSQL takes at most on an idle machine. A longer one is a stall of the database.</summary>
    public static readonly TimeSpan UsualOutage = TimeSpan.FromSeconds(1);

    /// <summary>How long a grant waits at most for its next caller.</summary>
    private static readonly TimeSpan NextCaller = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// The forgiving server's grace is over before a survivor, which waits for the lease of the node that died, presents the token
    /// again.
    /// </summary>
    public static readonly Slack SurvivorWithinGrace = new(
        TokenFamily.Grace - Registration.LeaseWithGrace - UsualOutage - NextCaller,
        "the server's grace - the lease - a restart of the database - the wait for the next caller"
    );

    /// <summary>An attempt or a lease ends before the answer is saved, so that the token is presented a second time.</summary>
    public static readonly Slack OnePresentation = new(
        Min(Registration.AttemptTimeout, Registration.LeaseWithoutGrace - Registration.Deadline) - UsualWork,
        "the shorter of BackChannelAttemptTimeout and the lease - BackChannelDeadline, - the usual work"
    );

    /// <summary>A statement or a request of a call reaches its timeout.</summary>
    public static readonly Slack CallWithinTimeouts = new(
        Min(Registration.AttemptTimeout, Registration.CommandTimeout) - UsualWork,
        "the shorter of BackChannelAttemptTimeout and CommandTimeout, - the usual work"
    );

    /// <summary>The stampede's callers wait longer than promised.</summary>
    public static readonly Slack Stampede = new(
        TimeSpan.FromMilliseconds(50),
        "the promised 100 ms - the 50 ms that the stampede of a thousand callers takes on an idle machine"
    );

    /// <summary>A node that is told to end saves what it has and ends.</summary>
    public static readonly Slack OrderlyEnd = new(
        TimeSpan.FromSeconds(10),
        "the rig's patience of 60 s is long; a node ends in a few seconds"
    );

    /// <summary>
    /// A token was valid when it was read and had expired when it left. Between the two there is no work, only the time that the
    /// thread did not run, or a statement to a database that does not answer within its timeout.
    /// </summary>
    public static Slack TokenExpiry(TimeSpan lateness) =>
        new(Min(lateness, CallWithinTimeouts.Length), "the time by which the token was late, or the slack of a call's timeouts");

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
