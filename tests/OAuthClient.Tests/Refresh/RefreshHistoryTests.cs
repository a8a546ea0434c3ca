using FsCheck;
using FsCheck.Fluent;

namespace OAuthClient.Tests;

/// <summary>
/// Rotation race (RFC 9700 §4.14), over random histories of three nodes with crashes, stops, lost answers and a store that is away.
/// What must hold: a stored generation never goes back, no refresh token is presented twice without an ambiguous outcome, and a
/// token that works is never thrown away.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshHistoryTests
{
    [TestCase(ServerKind.Strict, 60_000)]
    [TestCase(ServerKind.WithGrace, 30_000)]
    [TestCase(ServerKind.WithoutRotation, 30_000)]
    [Description("Life of a token 4–8: 120,000 histories")]
    public void Every_history_keeps_the_promises(object kind, int histories) =>
        Assert.That(Falsified(RefreshStateMachine.Step, (ServerKind)kind, histories), Is.Null);

    [Test]
    [Description("The histories find a node that does not wait for the lease")]
    public void Without_the_lease() =>
        Assert.That(
            Falsified(
                (context, state, happened, now) =>
                    happened is RefreshEvent.LeaseResultReceived({ Lease: null, Current: { RefreshToken: { } refreshToken } stored })
                    && context.GrantedBy(stored, now) is null
                        ? (
                            state with
                            {
                                Grant = stored,
                                Lease = new RefreshLease("g1", stored.Generation, -1),
                            },
                            [new RefreshEffect.SendRefreshRequest(stored, refreshToken)]
                        )
                        : RefreshStateMachine.Step(context, state, happened, now),
                ServerKind.Strict
            ),
            Does.Contain("without need")
        );

    [Test]
    [Description("The histories find a node that tells the others nothing of what it learnt: here, that the server refused the token")]
    public void Without_telling() =>
        Assert.That(
            Falsified(
                (context, state, happened, now) =>
                {
                    var (next, effects) = RefreshStateMachine.Step(context, state, happened, now);
                    return (
                        next,
                        [
                            .. effects.Select(effect =>
                                effect is RefreshEffect.ReleaseLease end ? end with { Known = RefreshTokenStatus.Unused } : effect
                            ),
                        ]
                    );
                },
                ServerKind.Strict
            ),
            Does.Contain("without need")
        );

    [Test]
    [Description("The histories find a node that throws away what it got because its lease is over")]
    public void Throwing_away_a_late_answer() =>
        Assert.That(
            Falsified(
                (context, state, happened, now) =>
                    happened is RefreshEvent.TokenReceived && state.PreviousStatus == RefreshTokenStatus.Unknown
                        ? (state, [new RefreshEffect.Reload()])
                        : RefreshStateMachine.Step(context, state, happened, now),
                ServerKind.Strict
            ),
            Is.Not.Null
        );

    [Test]
    [Description("The histories find a node that gives up where it should have presented once more")]
    public void Giving_up_on_a_refusal_that_was_overtaken() =>
        Assert.That(
            Falsified(
                (context, state, happened, now) =>
                    happened is RefreshEvent.RequestFailed(RefreshTokenOutcome.Ambiguous, var fault)
                        ? (
                            state,
                            [new RefreshEffect.ReleaseLease(state.Lease!, RefreshTokenStatus.Rejected), new RefreshEffect.Fail(fault)]
                        )
                        : RefreshStateMachine.Step(context, state, happened, now),
                ServerKind.Strict
            ),
            Does.Contain("lost although")
        );

    private static string? Falsified(RefreshRule rule, ServerKind kind, int histories = 20_000)
    {
        string? violation = null;
        var property = Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(),
            choices =>
            {
                string? found = new RefreshHistory(rule, kind).Play(choices);
                violation = found is null ? violation : $"{found}: {string.Join(' ', choices)}";
                return found is null;
            }
        );
        try
        {
            property.Check(Config.QuickThrowOnFailure.WithMaxTest(histories).WithStartSize(1).WithEndSize(80).WithQuietOnSuccess(true));
            return null;
        }
        catch (Exception exception) when (violation is not null)
        {
            return $"{violation}\n{exception.Message}";
        }
    }
}
