namespace OAuthClient.Tests;

/// <summary>Tests code verifiers and their challenges (RFC 7636).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CodeVerifierTests
{
    [Test]
    [Description("RFC 7636 appendix B: the published pair of verifier and S256 challenge")]
    public void The_challenge_is_the_one_of_RFC_7636_appendix_B() =>
        Assert.That(
            new CodeVerifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").Challenge(),
            Is.EqualTo("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        );

    [Test]
    [Description("RFC 7636 §4.1: the challenge of a verifier of maximum length covers all of its characters")]
    public void A_verifier_of_128_characters_is_hashed_to_its_last_character()
    {
        string prefix = new('a', 127);

        Assert.That(new CodeVerifier(prefix + "b").Challenge(), Has.Length.EqualTo(43));
        Assert.That(new CodeVerifier(prefix + "b").Challenge(), Is.Not.EqualTo(new CodeVerifier(prefix + "c").Challenge()));
    }

    [Test]
    [Description("RFC 7636 §4.1, §7.1: 43 to 128 unreserved characters, 256 random bits, new each time")]
    public void A_verifier_has_the_recommended_form_and_is_unique()
    {
        var verifiers = Enumerable
            .Range(0, 1000)
            .Select(_ =>
                SampleRequest
                    .Begin(SampleConfiguration.Create(), SampleConfiguration.Server, new(), SampleConfiguration.Now)
                    .CodeVerifier!.Reveal()
            )
            .ToList();

        Assert.That(verifiers, Is.Unique);
        Assert.That(verifiers, Has.All.Matches("^[A-Za-z0-9_-]{43}$"));
    }

    [Test]
    [Description("RFC 7636 §4.2: S256 is the only method")]
    public void The_method_is_S256() => Assert.That(CodeVerifier.ChallengeMethod, Is.EqualTo("S256"));
}
