using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests signed authorization responses (JWT Secured Authorization Response Mode, JARM).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwtResponseDecoderTests
{
    [TestCase("jwt")]
    [TestCase("query.jwt")]
    [Description("JARM §2.3.1: the response is a JWT in the query, and its code is redeemed")]
    public async Task A_signed_response_is_accepted(string mode)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.ResponseMode = mode);
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = await host.Server.SignInAsync(pending.AuthorizationUri);

        Assert.That(QueryPairs.Single(callback).Keys, Is.EqualTo(new[] { "response" }));
        var response = AuthorizationResponse.Parse(callback);
        Assert.That(pending.Matches(response), "the pending authorization is found by the state in the JWT");
        await host.Client.CompleteAuthorizationAsync(pending, response, GrantOwner.User("42"));
    }

    [Test]
    [Description("JARM §2.1: an error is in the JWT too")]
    public async Task A_signed_refusal_is_read()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.ResponseMode = "jwt");
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = await host.Server.SignInAsync(pending.AuthorizationUri, new SignInOptions { Deny = true });

        Assert.That(
            async () => await host.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("42")),
            Throws.TypeOf<AuthorizationResponseException>().With.Property("IsAccessDenied").True
        );
    }

    [TestCase(Defect.SignedResponseMissing)]
    [TestCase(Defect.SignedResponseUnsigned)]
    [TestCase(Defect.SignedResponseBadSignature)]
    [TestCase(Defect.SignedResponseWrongIssuer)]
    [TestCase(Defect.SignedResponseMissingIssuer)]
    [TestCase(Defect.SignedResponseWrongAudience)]
    [TestCase(Defect.SignedResponseMissingAudience)]
    [TestCase(Defect.SignedResponseExpired)]
    [TestCase(Defect.SignedResponseMissingExpiry)]
    [Description("JARM §2.4: a defective response is rejected, and its code is not redeemed")]
    public async Task A_defective_response_is_rejected(Defect defect)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.ResponseMode = "jwt", server: o => o.Defect = defect);
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = await host.Server.SignInAsync(pending.AuthorizationUri);

        Assert.That(
            async () => await host.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("42")),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("JARM §2.4: parameters beside the JWT are not used")]
    public async Task Parameters_beside_the_JWT_are_not_used()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.ResponseMode = "jwt");
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = await host.Server.SignInAsync(pending.AuthorizationUri);

        await host.Client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(callback.AbsoluteUri + "&code=injected&state=" + pending.State),
            GrantOwner.User("42")
        );

        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Single().Form["code"], Is.Not.EqualTo("injected"));
    }

    [Test]
    [Description("Threat: a signed response of another authorization does not complete this one (RFC 6749 §10.12)")]
    public async Task A_response_of_another_authorization_is_rejected()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.ResponseMode = "jwt");
        var attacker = await host.Client.BeginAuthorizationAsync();
        var callback = await host.Server.SignInAsync(attacker.AuthorizationUri);
        var pending = await host.Client.BeginAuthorizationAsync();

        Assert.That(
            async () =>
                await host.Client.CompleteAuthorizationAsync(
                    pending,
                    AuthorizationResponse.Parse(callback.AbsoluteUri + "&state=" + pending.State),
                    GrantOwner.User("42")
                ),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(host.TokenRequests, Is.Zero);
    }
}
