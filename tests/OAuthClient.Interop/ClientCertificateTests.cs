using System.Net;
using System.Text.Json;
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

    [Test]
    [Description(
        "RFC 8705 §3: the tokens are bound to the certificate; the UserInfo endpoint accepts them with the certificate, from the back "
            + "channel and from an HTTP client, also after a refresh, and refuses them without it"
    )]
    public async Task Bound_to_a_certificate()
    {
        var provider = await SharedProviders.RequireAsync(ServerKind.OidcProvider);
        using HttpClient browser = new();
        using var metadata = JsonDocument.Parse(await browser.GetStringAsync(provider.Issuer + ".well-known/openid-configuration"));
        Uri userInfo = new(metadata.RootElement.GetProperty("mtls_endpoint_aliases").GetProperty("userinfo_endpoint").GetString()!);
        await using var party = await RelyingParty.StartAsync(
            new()
            {
                ["token_endpoint_auth_method"] = "self_signed_tls_client_auth",
                ["tls_client_certificate_bound_access_tokens"] = true,
                ["client_secret"] = null,
                ["jwks"] = Certificates.ClientSet(),
            },
            o => o.ClientSecret = null,
            builder =>
            {
                builder.UseClientCertificate(_ => Certificates.Client).BackChannel.ConfigurePrimaryHttpMessageHandler(Certificates.Network);
                string origin = userInfo.GetLeftPart(UriPartial.Authority);
                builder
                    .Services.AddHttpClient("with")
                    .ConfigurePrimaryHttpMessageHandler(Certificates.Network)
                    .AddAccessTokenHandler(t => t.ForOwner(RelyingParty.Owner).To(origin).WithClientCertificate());
                builder
                    .Services.AddHttpClient("without")
                    .ConfigurePrimaryHttpMessageHandler(Certificates.Network)
                    .AddAccessTokenHandler(t => t.ForOwner(RelyingParty.Owner).To(origin));
            }
        );
        var grant = await party.SignInAsync();
        var factory = party.Services.GetRequiredService<IHttpClientFactory>();

        Assert.That((await party.Client.GetUserInfoAsync(RelyingParty.Owner)).Subject, Is.EqualTo(party.Provider.Alice));
        Assert.That((await factory.CreateClient("with").GetAsync(userInfo)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { RejectedToken = grant.AccessToken });
        Assert.That((await factory.CreateClient("with").GetAsync(userInfo)).StatusCode, Is.EqualTo(HttpStatusCode.OK), "refreshed");
        Assert.That((await factory.CreateClient("without").GetAsync(userInfo)).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }
}
