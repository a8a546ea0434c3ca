using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests dynamic registration, and authentication by a client certificate.</summary>
public sealed class RegistrationTests
{
    [Test]
    [Description(
        "OpenID Connect Dynamic Client Registration §3.1, RFC 7591 §3: the client registers itself once, at first use, and uses "
            + "the client id and secret that the server issued"
    )]
    public async Task oidcc_client_test_dynamic_registration()
    {
        await using var party = await RelyingParty.StartAsync(
            o =>
            {
                RelyingParty.Unregistered(o);
                o.PostLogoutRedirectUri = new(RelyingParty.SignedOut);
            },
            server: o => o.AllowRegistration = true,
            register: builder => builder.RegisterDynamically(o => o.ClientName = "The client")
        );
        var grant = await party.AcceptsLoginAsync();
        var client = party.Server.Clients.Single(client => client.DisplayName == "The client");
        Assert.That(grant.ClientId, Is.EqualTo(client.ClientId));
        await party.AcceptsLoginAsync();

        var metadata = JsonNode.Parse(party.Server.RequestsTo(TestEndpoint.Registration).Single().Body)!;
        Assert.That(Texts(metadata, "redirect_uris"), Is.EqualTo([RelyingParty.Callback]));
        Assert.That(Texts(metadata, "response_types"), Is.EqualTo(["code"]));
        Assert.That(Texts(metadata, "grant_types"), Is.EqualTo(["authorization_code", "refresh_token"]));
        Assert.That(Texts(metadata, "post_logout_redirect_uris"), Is.EqualTo([RelyingParty.SignedOut]));
        Assert.That((string?)metadata["id_token_signed_response_alg"], Is.EqualTo("RS256"));
    }

    [Test]
    [Description(
        "RFC 8705 §2.1, §5: the client certificate is sent to the token endpoint that the server states for certificates, and "
            + "to no other host"
    )]
    public async Task oidcc_client_test_mtls_endpoint_aliases()
    {
        X509Certificate2? certificate = null;
        TestClient registered = new()
        {
            ClientId = RelyingParty.Name,
            RedirectUris = { RelyingParty.Callback },
            AuthenticationMethod = "tls_client_auth",
            CertificateSubject = "CN=conformance",
        };
        await using var party = await RelyingParty.StartAsync(
            o => o.ClientSecret = null,
            registered,
            server: o => o.UseTls = true,
            register: builder => builder.UseClientCertificate(_ => certificate!)
        );
        certificate = party.Server.IssueClientCertificate("CN=conformance");
        await party.AcceptsLoginAsync();
        party.Clock.Advance(TimeSpan.FromHours(2));
        await party.CallApiAsync();
        await party.Client.RevokeAsync(RelyingParty.Owner).Promptly();

        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2), "the code exchange and a refresh");
        foreach (var request in party.Server.Requests)
        {
            bool authenticates = request.Endpoint is TestEndpoint.Token or TestEndpoint.Revocation;
            Assert.That(
                request.ClientCertificate?.Thumbprint,
                Is.EqualTo(authenticates ? certificate.Thumbprint : null),
                request.ToString()
            );
            if (!authenticates)
                continue;
            Assert.That(request.Form["client_id"], Is.EqualTo(RelyingParty.Name));
            Assert.That(
                request.Headers.ContainsKey("Authorization") || request.Form.ContainsKey("client_secret"),
                Is.False,
                "one authentication method"
            );
        }
        certificate.Dispose();
    }

    private static IEnumerable<string> Texts(JsonNode json, string name) => json[name]!.AsArray().Select(text => (string)text!);
}
