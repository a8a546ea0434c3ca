using FsCheck;
using FsCheck.Fluent;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the rotation race (RFC 9700 §4.14) with random histories of three nodes, with crashes, suspensions, lost responses and an
/// unavailable store. A stored generation never decreases, no refresh token is presented twice without an ambiguous outcome, and a
/// working token is never discarded.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshHistoryTests
{
    [TestCase(ServerKind.Strict, 60_000)]
    [TestCase(ServerKind.WithGrace, 30_000)]
    [TestCase(ServerKind.WithoutRotation, 30_000)]
    [Description("Token lifecycle 4–8: 120,000 histories")]
    public void Every_history_keeps_the_invariants(object kind, int histories) =>
        Assert.That(FindViolation(RefreshStateMachine.Step, (ServerKind)kind, histories), Is.Null);

    [Test]
    [Description("The histories detect a node that does not wait for the lease")]
    public void Without_the_lease() =>
        Assert.That(
            FindViolation(
                (context, state, refreshEvent, now) =>
                    refreshEvent is RefreshEvent.LeaseResultReceived({ Lease: null, Current: { RefreshToken: { } refreshToken } stored })
                    && context.GrantedBy(stored, now) is null
                        ? (
                            state with
                            {
                                Grant = stored,
                                Lease = new RefreshLease("g1", stored.Generation, -1),
                            },
                            [new RefreshEffect.SendRefreshRequest(stored, refreshToken)]
                        )
                        : RefreshStateMachine.Step(context, state, refreshEvent, now),
                ServerKind.Strict
            ),
            Does.Contain("without need")
        );

    [Test]
    [Description("The histories detect a node that does not report what it learnt to the others: here, that the server rejected the token")]
    public void Without_reporting_the_status() =>
        Assert.That(
            FindViolation(
                (context, state, refreshEvent, now) =>
                {
                    var (next, effects) = RefreshStateMachine.Step(context, state, refreshEvent, now);
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
    [Description("The histories detect a node that discards a result because its lease has expired")]
    public void Discarding_a_late_result() =>
        Assert.That(
            FindViolation(
                (context, state, refreshEvent, now) =>
                    refreshEvent is RefreshEvent.TokenReceived && state.PreviousStatus == RefreshTokenStatus.Unknown
                        ? (state, [new RefreshEffect.Reload()])
                        : RefreshStateMachine.Step(context, state, refreshEvent, now),
                ServerKind.Strict
            ),
            Is.Not.Null
        );

    [Test]
    [Description("The histories detect a node that gives up instead of presenting the token once more")]
    public void Giving_up_after_an_overtaken_rejection() =>
        Assert.That(
            FindViolation(
                (context, state, refreshEvent, now) =>
                    refreshEvent is RefreshEvent.RequestFailed(RefreshTokenOutcome.Ambiguous, var fault)
                        ? (
                            state,
                            [new RefreshEffect.ReleaseLease(state.Lease!, RefreshTokenStatus.Rejected), new RefreshEffect.Fail(fault)]
                        )
                        : RefreshStateMachine.Step(context, state, refreshEvent, now),
                ServerKind.Strict
            ),
            Does.Contain("lost although")
        );

    [Test]
    [Description("The histories detect a node that throws a refresh token away with an unusable access token")]
    public void Throwing_an_unusable_response_away() =>
        Assert.That(
            FindViolation(
                (context, state, refreshEvent, now) =>
                    refreshEvent is RefreshEvent.TokenReceived({ Fault: { } fault })
                        ? (state, [new RefreshEffect.ReleaseLease(state.Lease!, RefreshTokenStatus.Unknown), new RefreshEffect.Fail(fault)])
                        : RefreshStateMachine.Step(context, state, refreshEvent, now),
                ServerKind.Strict
            ),
            Is.Not.Null
        );

    [Test]
    [Description("The histories detect a node that uses the tokens of another identity")]
    public void Using_the_tokens_of_another_identity() =>
        Assert.That(
            FindViolation(
                (context, state, refreshEvent, now) =>
                    RefreshStateMachine.Step(
                        context,
                        state,
                        refreshEvent is RefreshEvent.OtherIdentityReceived(var response, _)
                            ? new RefreshEvent.TokenReceived(response)
                            : refreshEvent,
                        now
                    ),
                ServerKind.Strict
            ),
            Does.Contain("another identity")
        );

    [Test]
    [Description("The histories detect a node that gives a grant up because the server must interact with the user")]
    public void Giving_up_because_of_an_interaction() =>
        Assert.That(
            FindViolation(
                (context, state, refreshEvent, now) =>
                    refreshEvent is RefreshEvent.RequestFailed(RefreshTokenOutcome.InteractionRequired, var fault)
                        ? (
                            state,
                            [
                                new RefreshEffect.ReleaseLease(state.Lease!, RefreshTokenStatus.Rejected),
                                new RefreshEffect.RequireReauthorization(state.Grant, fault),
                            ]
                        )
                        : RefreshStateMachine.Step(context, state, refreshEvent, now),
                ServerKind.Strict
            ),
            Does.Contain("lost although")
        );

    private static string? FindViolation(RefreshRule rule, ServerKind kind, int histories = 20_000)
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
