using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests client authentication by a certificate.</summary>
[TestFixture]
public sealed class ClientCertificateTests
{
    [Test]
    [Description("RFC 8705 §2.2, §5: a self-signed client certificate, at the endpoint for certificates where the server has one")]
    public async Task With_a_certificate([Values(ServerKind.OidcProvider, ServerKind.OpenIddict)] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(
            new()
            {
                ["token_endpoint_auth_method"] = "self_signed_tls_client_auth",
                ["client_secret"] = null,
                ["jwks"] = Certificates.ClientSet(),
            },
            o => o.ClientSecret = null,
            builder =>
                builder.UseClientCertificate(_ => Certificates.Client).BackChannel.ConfigurePrimaryHttpMessageHandler(Certificates.Network),
            server
        );

        var grant = await party.SignInAsync();

        Assert.That(grant.Subject, Is.EqualTo(party.Provider.Alice));
        Assert.That(
            await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { RejectedToken = grant.AccessToken }),
            Is.Not.EqualTo(grant.AccessToken)
        );
    }
}
