namespace OAuthClient.Tests;

/// <summary>Tests that no authorization request is created for a server that does not support the FAPI 2.0 Security Profile.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class Fapi2ServerValidatorTests
{
    private static readonly AuthorizationServerMetadata Conforming = SampleConfiguration.Server.With(
        ServerEndpoint.PushedAuthorization,
        new("https://server.example.com/par")
    ) with
    {
        CodeChallengeMethods = ["plain", "S256"],
        SendsIssuerInResponse = false,
    };

    [Test]
    [Description("§5.3.3.2: the callback of a server that does not state that it sends iss must have it all the same (RFC 9207)")]
    public void Each_response_must_have_iss() => Assert.That(Begin(Conforming).Pending.RequiresIssuer, Is.True);

    [TestCase("authorization endpoint")]
    [TestCase("token endpoint")]
    [TestCase("pushed authorization request endpoint")]
    [Description("§5.3.2.2, §5.3.3.2: the metadata name each endpoint; no option replaces a missing one")]
    public void A_missing_endpoint_is_refused(string name)
    {
        var endpoint = ServerEndpoint.All.Single(endpoint => endpoint.Name == name);
        Assert.That(
            () => Begin(Conforming.With(endpoint, null)),
            Throws.TypeOf<OAuthException>().With.Message.Contains($"name no {name}, which FAPI 2.0 Security Profile §5.3.")
        );
    }

    [TestCase(null)]
    [TestCase("plain")]
    [Description("§5.3.2.2: the metadata state S256")]
    public void A_server_without_S256_is_refused(string? method) =>
        Assert.That(
            () => Begin(Conforming with { CodeChallengeMethods = method is null ? null : [method] }),
            Throws.TypeOf<OAuthException>().With.Message.Contains("do not state S256").And.Message.Contains("§5.3.2.2")
        );

    private static AuthorizationRequest Begin(AuthorizationServerMetadata server) =>
        AuthorizationRequestBuilder.Create(
            SampleConfiguration.Create(Fapi2OptionsTests.Conform),
            server,
            new AuthorizationParameters(),
            key: null,
            SampleConfiguration.Now
        );
}
