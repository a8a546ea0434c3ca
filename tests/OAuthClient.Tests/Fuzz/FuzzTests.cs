using System.Globalization;

namespace OAuthClient.Tests;

/// <summary>
/// Whatever a stranger writes, it is understood or refused by one of the library's own exceptions, in memory that grows no faster
/// than what was written. As many as wanted: <c>dotnet test tests/OAuthClient.Tests --filter FuzzTests -- 'TestRunParameters.Parameter(name="fuzz", value="200000")'</c>
/// for each target, and <c>seed</c> for others than these.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class FuzzTests
{
    private static int Count => int.Parse(TestContext.Parameters.Get("fuzz", "4000"), CultureInfo.InvariantCulture);

    private static ulong Seed => ulong.Parse(TestContext.Parameters.Get("seed", "1"), CultureInfo.InvariantCulture);

    [TestCaseSource(nameof(All))]
    [Description("RFC 6749 §10.14, threats: JSON tricks, oversized body, kid games, JOSE bombs")]
    public void Mutated_input(object target)
    {
        var mutated = (Target)target;
        mutated.RequireGoodSamples();

        int refused = mutated.Run(Count, Seed);

        TestContext.Out.WriteLine($"{mutated}: {Count} read, {refused} refused");
        Assert.That(refused, Is.LessThan(Count), "something has to be left to read");
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
        ];
}
