using System.Globalization;
using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Server;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Phases;

/// <summary>The promises of the library, and the checks that find broken ones in a run.</summary>
internal static class Promises
{
    private const string NoOtherLoss = "no grant is lost except by an answer that was destroyed or whose receiver was killed or stopped";

    // The exceptions that a timeout can cause. No delay explains any other exception.
    private static readonly string[] ExceptionsOfTimeouts =
    [
        "TimeoutException",
        "TaskCanceledException",
        "OperationCanceledException",
        "NpgsqlException",
        "PostgresException",
        "HttpRequestException",
        "RequestNotSentException",
        "SocketException",
        "IOException",
        "OAuthException",
    ];

    public static IEnumerable<Breach> Breaches(PhaseRun run) =>
        [.. ForEveryPhase(run), .. run.Settings.HasFaults ? [] : WithoutFaults(run)];

    /// <summary>Creates the breach of a phase that the rig could not complete.</summary>
    public static Breach Unfinished(Exception exception, DateTimeOffset from, DateTimeOffset to) =>
        new("a phase runs to its end", exception.ToString())
        {
            Slack = CallSlack(exception is OrderFailedException failed ? failed.ExceptionName : exception.GetType().Name),
            From = from,
            To = to,
        };

    private static IEnumerable<Breach> ForEveryPhase(PhaseRun run)
    {
        var (phase, server, found) = (run.Settings, run.Server, run.Found);
        foreach (var wrong in found.Wrong)
        {
            yield return new(
                "every grant works in the end or asks for the user",
                $"{wrong.Owner}: {wrong.Exception.GetType().Name}: {wrong.Exception.Message}"
            )
            {
                Slack = CallSlack(wrong.Exception.GetType().Name),
                From = wrong.From,
                To = wrong.To,
                Processes = [Stall.Rig, Stall.Database],
            };
        }
        foreach (var (node, sent) in run.Fleet.Events(NodeEventKind.AnothersToken))
            yield return new("no user is sent another's token", $"{sent.Detail} at node {node}, {sent.To:mm:ss.fff}");
        foreach (var family in run.Collateral)
            yield return Loss(NoOtherLoss, phase.Reuse, family);
        foreach (var family in run.LostForForm)
            yield return Loss("no grant is lost for the form of a response", phase.Reuse, family);
        int revoked = server.Families.Count(family => family.IsRevoked);
        if (found.Lost.Count != revoked)
        {
            yield return new(
                "a lost grant is reported as such, and no other",
                Count($"{found.Lost.Count} were reported, {revoked} were revoked by the server")
            );
        }
        if (phase.Reuse == Reuse.AllowedForTenSeconds)
        {
            foreach (var family in server.Families.Where(family => found.Lost.Contains(family.Owner)))
                yield return Loss("a forgiving server costs no grant", phase.Reuse, family);
        }
        else if (found.Lost.Count != run.ResponsesLost + run.Collateral.Count)
        {
            yield return new(
                "a strict server costs as many grants as answers were lost",
                Count($"{found.Lost.Count} grants, {run.ResponsesLost} answers, {run.Collateral.Count} grants without such an answer")
            );
        }
        foreach (var (node, from, to) in run.Fleet.Overdue)
        {
            yield return new("a node that is told to end does so", $"node {node} was killed")
            {
                Slack = Slack.OrderlyEnd,
                From = from,
                To = to,
            };
        }
        if (server.Refreshes == 0 || server.ApiCalls == 0 || (phase.HasFaults && (run.Outages.Count == 0 || server.Deviations == 0)))
        {
            yield return new(
                "a phase does what it is for",
                Count($"{server.Refreshes} refreshes, {server.ApiCalls} API calls, {run.Outages.Count} restarts of the database, ")
                    + Count($"{server.Deviations} responses whose form deviated")
            );
        }
    }

    private static IEnumerable<Breach> WithoutFaults(PhaseRun run)
    {
        foreach (var family in run.Server.Families)
        {
            foreach (var presentations in family.PresentationsByGeneration.Where(group => group.Count() > 1))
            {
                yield return new(
                    "without faults each refresh token is presented once",
                    $"{family.Owner}: "
                        + string.Join(
                            ", ",
                            presentations.Select(one => Count($"{one.Generation} by node {one.Node} at {one.At:mm:ss.fff}"))
                        )
                )
                {
                    Slack = Slack.OnePresentation,
                    From = presentations.First().At,
                    To = presentations.ElementAt(1).At,
                    Processes = [presentations.First().Node, presentations.ElementAt(1).Node, Stall.Rig, Stall.Database],
                };
            }
        }
        foreach (var breach in BoundTokens(run.Server, run.Settings.Keys))
            yield return breach;
        foreach (var (node, sent) in run.Fleet.Events(NodeEventKind.ExpiredTokenSent))
        {
            yield return new(
                "without faults no expired token is sent",
                Count($"node {node} sent a token {(sent.To - sent.From).TotalMilliseconds:F0} ms after its end")
            )
            {
                Slack = Slack.TokenExpiry(sent.To - sent.From),
                From = sent.From - Heartbeat.Interval,
                To = sent.To + Heartbeat.Interval,
                Processes = [node, Stall.Rig, Stall.Database],
            };
        }
        foreach (var (node, failed) in run.Fleet.Events(NodeEventKind.Failed))
        {
            yield return new("without faults no call fails", $"{failed.Detail} at node {node}")
            {
                Slack = CallSlack(failed.Detail),
                // A call can fail at once because of a timeout that another call reached just before.
                From = failed.From < failed.To - Registration.CommandTimeout ? failed.From : failed.To - Registration.CommandTimeout,
                To = failed.To,
                Processes = [node, Stall.Rig, Stall.Database],
            };
        }
        if (!run.Settings.HasStampede)
            yield break;
        if (run.Stampede is not { } stampede)
        {
            yield return new("a stampede costs one token request", "there was no stampede");
            yield break;
        }
        if (stampede.TokenRequests != 1)
        {
            yield return new("a stampede costs one token request", Count($"{stampede.TokenRequests} requests"))
            {
                Slack = Slack.OnePresentation,
                From = stampede.From,
                To = stampede.To,
            };
        }
        if (stampede.P99OverLatency > 100)
        {
            yield return new("a stampede waits no more than 100 ms longer than the server takes", Count($"{stampede.P99OverLatency:F1} ms"))
            {
                Slack = Slack.Stampede,
                From = stampede.From,
                To = stampede.To,
            };
        }
    }

    private static IEnumerable<Breach> BoundTokens(FaultyServer server, KeyBinding keys)
    {
        if (keys == KeyBinding.None)
            yield break;
        var (bound, nonces) = (server.Bound, server.Bound.TokenNonces);
        if (bound.InvalidProofs > 0)
            yield return new("every proof is valid", Count($"{bound.InvalidProofs} proofs were not"));
        if (bound.WrongKeys > 0)
            yield return new("an access token is sent with a proof of its key", Count($"{bound.WrongKeys} calls had another key"));
        if (nonces.RepeatedRefusals > 0 || server.TokenRequests != server.Refreshes + server.SignIns + nonces.Refusals)
        {
            yield return new(
                "a refusal for the nonce costs one request",
                Count(
                    $"{server.TokenRequests} requests, {server.Refreshes} refreshes, {server.SignIns} codes, {nonces.Refusals} refusals, "
                ) + Count($"{nonces.RepeatedRefusals} of them repeated")
            );
        }
        if (nonces.Refusals < server.Refreshes / 10)
            yield return new("a phase does what it is for", Count($"{nonces.Refusals} refusals for the nonce"));
    }

    // The rotation whose response was not saved before the old token was presented again.
    private static Breach Loss(string promise, Reuse reuse, TokenFamily family)
    {
        if (family.RevokedBy is not { } revoked)
            return new(promise, $"{family.Owner} was not revoked by the server");
        if (family.RotatedBy(revoked.Generation) is not { } rotation)
            return new(promise, Count($"{family.Owner}: node {revoked.Node} presented {revoked.Generation} with another key"));
        var hasGrace = reuse == Reuse.AllowedForTenSeconds;
        // After the grace period, or after the second holder's lease and deadline, a delay has no effect.
        var end = rotation.At + (hasGrace ? TokenFamily.Grace : Registration.LeaseWithoutGrace + Registration.Deadline);
        return new(
            promise,
            Count($"{family.Owner}: {rotation.Generation} was rotated by node {rotation.Node} at {rotation.At:mm:ss.fff} ")
                + Count($"and came again from node {revoked.Node} at {revoked.At:mm:ss.fff}")
        )
        {
            Slack = hasGrace ? Slack.SurvivorWithinGrace : Slack.OnePresentation,
            From = rotation.At - Registration.AttemptTimeout,
            To = revoked.At < end ? revoked.At : end,
            // With a grace period every node could have presented the token in time.
            Processes = hasGrace ? null : [rotation.Node, revoked.Node, Stall.Rig, Stall.Database],
        };
    }

    private static Slack? CallSlack(string? exception) =>
        ExceptionsOfTimeouts.Contains(exception, StringComparer.Ordinal) ? Slack.CallWithinTimeouts : null;

    private static string Count(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
