namespace OAuthClient.Conventions.Tests;

public sealed class ForbiddenPatternsTests
{
    [Test]
    public void Code_is_finished_and_does_not_wait_for_a_fixed_time() =>
        Rule.Holds(
            "Finish the code, or remove it:",
            Repository.CSharpFiles.SelectMany(file => ForbiddenPatterns.Breaches(file.Path, file.Text))
        );

    [TestCase("class A { int B() => throw new NotImplementedException(); }", "throws NotImplementedException: a stub")]
    [TestCase("// later: TODO", "says TODO")]
    [TestCase("/* FIXME */", "says FIXME")]
    [TestCase("class A { /// <summary>HACK</summary>\n int b; }", "says HACK")]
    [TestCase("class A { void B() => Thread.Sleep(1); }", "sleeps")]
    [TestCase("class A { void B() => System.Threading.Thread.Sleep(1); }", "sleeps")]
    public void An_unfinished_pattern_is_reported(string text, string breach) =>
        Assert.That(ForbiddenPatterns.Breaches("src/OAuthClient/A.cs", "\n" + text), Is.EqualTo(["src/OAuthClient/A.cs:2 " + breach]));

    [TestCase("Task.Delay(100)")]
    [TestCase("Task.Delay(TimeSpan.FromSeconds(1))")]
    [TestCase("Task.Delay(new TimeSpan(0, 0, 1))")]
    [TestCase("Task.Delay(2 * 100, cancellationToken)")]
    [TestCase("Task.Delay(100, CancellationToken.None)")]
    [TestCase("System.Threading.Tasks.Task.Delay(100)")]
    public void A_fixed_wait_is_reported_in_tests(string wait)
    {
        var text = $"class A {{ Task B() => {wait}; }}";

        Assert.That(ForbiddenPatterns.Breaches("tests/A.cs", text), Has.One.StartsWith("tests/A.cs:1 waits a fixed time"));
        Assert.That(ForbiddenPatterns.Breaches("samples/A.cs", text), Is.Empty);
    }

    [TestCase("Task.Delay(delay)")]
    [TestCase("Task.Delay(100, clock)")]
    [TestCase("Task.Delay(TimeSpan.FromSeconds(1), clock, cancellationToken)")]
    [TestCase("Task.Delay(Timeout.Infinite, cancellationToken)")]
    [TestCase("Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken)")]
    [TestCase("server.Delay(100)")]
    public void A_wait_with_the_clock_of_the_test_or_without_end_is_accepted(string wait) =>
        Assert.That(ForbiddenPatterns.Breaches("tests/A.cs", $"class A {{ Task B() => {wait}; }}"), Is.Empty);

    [TestCase("[Explicit]", "has [Explicit] without a reason")]
    [TestCase("[Test, Ignore(\" \")]", "has [Ignore] without a reason")]
    [TestCase("[TestCase(1, Ignore = \"\")]", "has Ignore without a reason")]
    [TestCase("[TestCase(1, Explicit = true)]", "has Explicit without a reason")]
    public void A_skipped_test_without_a_reason_is_reported(string attribute, string breach) =>
        Assert.That(
            ForbiddenPatterns.Breaches("tests/A.cs", $"class A {{ {attribute} void B() {{ }} }}"),
            Is.EqualTo(["tests/A.cs:1 " + breach])
        );

    [TestCase("class A { [Explicit(\"needs a network\")] void B() { } }")]
    [TestCase("class A { [Ignore(Reasons.NoNetwork)] void B() { } }")]
    [TestCase("class A { string todo = \"TODO\"; void Hackney() { } }")]
    public void A_reason_and_a_word_in_a_string_are_accepted(string text) =>
        Assert.That(ForbiddenPatterns.Breaches("tests/A.cs", text), Is.Empty);
}
