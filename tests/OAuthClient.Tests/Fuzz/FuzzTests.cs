using System.Globalization;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that external input is accepted or rejected with an exception of the library, and that memory grows no faster than the input. More
/// inputs for each target: <c>dotnet test tests/OAuthClient.Tests --filter FuzzTests -- 'TestRunParameters.Parameter(name="fuzz",
/// value="200000")'</c>. The parameter <c>seed</c> selects other inputs.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class FuzzTests
{
    private static int Count => int.Parse(TestContext.Parameters.Get("fuzz", "4000"), CultureInfo.InvariantCulture);

    private static ulong Seed => ulong.Parse(TestContext.Parameters.Get("seed", "1"), CultureInfo.InvariantCulture);

    [TestCaseSource(nameof(All))]
    [Description("RFC 6749 §10.14: hostile JSON, oversized input, key selection attacks and JOSE decompression or iteration bombs")]
    public void Mutated_input_is_read_or_rejected(object target)
    {
        var mutated = (Target)target;
        mutated.AssertSamplesAreAccepted();

        int rejected = mutated.Run(Count, Seed);

        TestContext.Out.WriteLine($"{mutated}: {Count} read, {rejected} rejected");
        Assert.That(rejected, Is.LessThan(Count), "some input must be accepted");
    }

    private static object[] All() =>
        [
            Targets.Callback,
            Targets.TokenResponse,
            Targets.Metadata,
            Targets.Challenge,
            Targets.Registration,
            Targets.Introspection,
            JwtTargets.Compact,
            JwtTargets.Claims,
            JwtTargets.KeySet,
            ProofTargets.Challenge,
            ProofTargets.Nonce,
            SignedResponseTarget.Response,
        ];
}
