using OAuthClient.Testing;
using static OAuthClient.Tests.OAuthClientOptionsValidatorTests;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that plain http to a server in a trusted network is possible by an option for stated origins only, and that it is logged. Threat:
/// cleartext; the option relaxes https for every endpoint.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TrustedNetworkTests
{
    [Test]
    [Description("RFC 6749 §10.9: the listed origin is used for metadata, keys and all endpoints, and one warning is logged")]
    public async Task A_listed_origin_is_used_by_http()
    {
        await using var host = await OAuthTestHost.StartAsync(o =>
        {
            o.DangerouslyAllowHttpOnLoopback = false;
            o.DangerouslyAllowHttpInTrustedNetwork = [new(o.Issuer!.GetLeftPart(UriPartial.Authority))];
            o.Scopes = ["openid"];
        });
        var grant = await host.SignInAsync();
        await host.Client.GetUserInfoAsync(grant.Owner);
        await host.Client.RevokeAsync(grant.Owner);

        Assert.That(
            host.Log.Events(DangerousOptionsTests.Event).Single().Message,
            Does.Contain(nameof(OAuthClientOptions.DangerouslyAllowHttpInTrustedNetwork))
        );
    }

    [Test]
    [Description("RFC 6749 §10.9. Threat: cleartext. Another port of a listed host is rejected, and no request is sent")]
    public async Task Another_origin_is_rejected()
    {
        await using var other = await TestAuthorizationServer.StartAsync();
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.DangerouslyAllowHttpOnLoopback = false;
                o.DangerouslyAllowHttpInTrustedNetwork = [new(o.Issuer!.GetLeftPart(UriPartial.Authority))];
            },
            server: o => o.OnMetadata = metadata => metadata["token_endpoint"] = other.TokenEndpoint.AbsoluteUri
        );
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("as token_endpoint")
        );
        Assert.That(other.Requests, Is.Empty);
    }

    [TestCase("https://keycloak")]
    [TestCase("http://keycloak/realms/one")]
    [TestCase("http://keycloak/?x=y")]
    [TestCase("http://user@keycloak")]
    [TestCase("keycloak")]
    [Description("Only origins with the scheme http can be listed; the message shows what to write")]
    public void A_value_that_is_no_origin_is_reported(string origin) =>
        Assert.That(
            Failures(o => o.DangerouslyAllowHttpInTrustedNetwork = [new(origin, UriKind.RelativeOrAbsolute)]),
            Has.One.Contains($"holds '{origin}").And.One.Contains("http://keycloak:8080")
        );

    [TestCase("http://keycloak:8080/realms/one", true)]
    [TestCase("http://KEYCLOAK:8080", true)]
    [TestCase("http://keycloak:8081", false)]
    [TestCase("http://keycloak", false)]
    [TestCase("http://keycloak.example.com:8080", false)]
    [TestCase("ftp://keycloak:8080", false)]
    [Description("RFC 6454 §4: an address is of a listed origin if scheme, host and port are the same")]
    public void An_address_of_a_listed_origin_is_valid(string issuer, bool isValid) =>
        Assert.That(
            Failures(o => (o.Issuer, o.DangerouslyAllowHttpInTrustedNetwork) = (new(issuer), [new("http://keycloak:8080")])),
            isValid ? Is.Empty : Has.One.Match("Issuer (must use https|uses http; use https)")
        );
}
