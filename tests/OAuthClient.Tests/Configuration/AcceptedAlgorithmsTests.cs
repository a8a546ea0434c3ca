using System.Text.Json;
using static OAuthClient.Tests.OAuthClientOptionsValidatorTests;

namespace OAuthClient.Tests;

/// <summary>Tests which algorithms a client accepts, and which one it registers (OpenID Connect Dynamic Client Registration §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AcceptedAlgorithmsTests
{
    [TestCase("", null, "RS256")]
    [TestCase("", "RS256 ES256", "RS256")]
    [TestCase("", "EdDSA ES256 PS256", "PS256")]
    [TestCase("", "EdDSA", "RS256")]
    [TestCase("", "HS256 none", "RS256")]
    [TestCase("ES256 PS256", "RS256 PS256", "PS256")]
    [TestCase("ES256 PS256", "RS256", "ES256")]
    [TestCase("ES256 PS256", null, "ES256")]
    [Description("OpenID Connect Discovery §3: the first algorithm that the client accepts and the server offers is registered")]
    public void The_first_algorithm_that_both_support_is_registered(string configured, string? offered, string expected)
    {
        var algorithms = SampleConfiguration
            .Create(o => o.IdTokenSigningAlgorithms = configured.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Algorithms;
        Assert.That(algorithms.ChooseToRegister(JwtType.IdToken, offered?.Split(' ')), Is.EqualTo(expected));
    }

    [TestCase("", "ES256", "ES256")]
    [TestCase("", "HS256", "RS256")]
    [TestCase("", "none", "RS256")]
    [TestCase("RS256", "ES256", "RS256")]
    [Description(
        "OpenID Connect Core §3.1.3.7 (7): without configured algorithms the registered one is accepted, unless it needs no key of the "
            + "server"
    )]
    public void The_registered_algorithm_is_accepted(string configured, string registered, string expected)
    {
        var algorithms = SampleConfiguration
            .Create(o => o.IdTokenSigningAlgorithms = configured.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Algorithms;
        var metadata = JsonDocument.Parse($$"""{"id_token_signed_response_alg":"{{registered}}"}""").RootElement;
        Assert.That(algorithms.RegisteredAs(metadata).IdToken, Is.EqualTo(new[] { expected }));
    }

    [TestCase("UserInfoSigningAlgorithms")]
    [TestCase("IntrospectionSigningAlgorithms")]
    [TestCase("LogoutTokenSigningAlgorithms")]
    [Description("RFC 8725 §3.1: each list is validated; an unsupported algorithm is said to be addable by no option")]
    public void Each_list_is_validated(string name)
    {
        var list = typeof(OAuthClientOptions).GetProperty(name)!;
        Assert.That(
            Failures(o => list.SetValue(o, new List<string> { "ES256K" })),
            Has.One.Contains($"{name} holds 'ES256K'; these are supported").And.One.Contains("No option adds another")
        );
        Assert.That(
            Failures(o => list.SetValue(o, new List<string> { "EdDSA" })),
            Has.One.Contains($"{name} holds EdDSA, which needs a further package: add the package OAuthClient.Ed25519 and call")
        );
        Assert.That(Failures(o => list.SetValue(o, new List<string> { "ES256" })), Is.Empty);
        Assert.That(Failures(o => list.SetValue(o, null)), Has.One.Contains($"{name} is null"));
    }

    [TestCase(-1, false)]
    [TestCase(0, true)]
    [TestCase(600, true)]
    [TestCase(601, false)]
    [Description("RFC 7519 §4.1.4: the tolerance is a small leeway of at most 10 minutes")]
    public void The_tolerance_is_limited(int seconds, bool isValid) =>
        Assert.That(
            Failures(o => o.ClockTolerance = TimeSpan.FromSeconds(seconds)),
            isValid ? Is.Empty : Has.One.Contains("ClockTolerance must be from zero to ten minutes")
        );

    [Test]
    [Description("An empty audience and null lists are reported with what to write")]
    public void Empty_audiences_are_reported()
    {
        Assert.That(Failures(o => o.TrustedAudiences = [""]), Has.One.Contains("TrustedAudiences holds an empty text"));
        Assert.That(Failures(o => o.TrustedAudiences = null!), Has.One.Contains("TrustedAudiences is null"));
        Assert.That(
            Failures(o => o.DangerouslyAllowHttpInTrustedNetwork = null!),
            Has.One.Contains("DangerouslyAllowHttpInTrustedNetwork is null")
        );
    }
}
