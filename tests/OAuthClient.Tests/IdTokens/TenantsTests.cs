using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>
/// Tests multi-tenant servers, which require <c>IssuerTemplate</c> and whose tenants are separate issuers (OpenID Connect Core §3.1.3.7
/// (2)).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TenantsTests
{
    private const string Tenant = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";

    [TestCase(Tenant)]
    [TestCase("contoso.example")]
    [Description("The issuer is the metadata's template with the tenant of the token")]
    public async Task A_user_of_a_tenant_signs_in(string tenant)
    {
        await using var host = await StartAsync(tenant: tenant);
        var grant = await host.SignInAsync();
        Assert.That(grant.Subject, Is.EqualTo("alice"));
        Assert.That(grant.ToClaimsPrincipal().FindFirst("sub")!.Issuer, Is.EqualTo($"{host.Server.Issuer.OriginalString}/{tenant}/v2.0"));

        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(
            (await host.Client.FindGrantAsync(GrantOwner.User("42")))!.IdToken,
            Is.Not.EqualTo(grant.IdToken),
            "refreshed ID Tokens as well"
        );
    }

    [Test]
    [Description(
        "OpenID Connect Core §5.7: a user is identified by issuer and subject, so equal subjects of two tenants are two "
            + "users with separate grants"
    )]
    public async Task The_same_subject_of_two_tenants_is_two_users()
    {
        await using var host = await StartAsync();
        var first = await SignInAsync();
        host.Server.Options.OnIdTokenClaims = claims =>
            (claims["iss"], claims["tid"]) = ((string)claims["iss"]! + "/another/v2.0", "another");
        var second = await SignInAsync();

        Assert.That(second.Subject, Is.EqualTo(first.Subject));
        Assert.That(second.Owner, Is.Not.EqualTo(first.Owner));
        Assert.That(first.Owner, Is.EqualTo(GrantOwner.Subject($"{host.Server.Issuer.OriginalString}/{Tenant}/v2.0", "alice")));
        Assert.That((await host.Client.FindGrantAsync(first.Owner))!.Id, Is.EqualTo(first.Id));

        async Task<Grant> SignInAsync()
        {
            var pending = await host.Client.BeginAuthorizationAsync();
            return await host
                .Services.GetRequiredKeyedService<OpenIdSignIn>(OAuthTestHost.ClientName)
                .CompleteAsync(pending, AuthorizationResponse.Parse(await host.Server.SignInAsync(pending.AuthorizationUri)));
        }
    }

    [TestCase("tid", null, "states no tenant")]
    [TestCase("tid", "other-tenant", "iss is")]
    [TestCase("tid", "../admin", "states no tenant")]
    [TestCase("tid", "..", "states no tenant")]
    [TestCase("tid", "a/b", "states no tenant")]
    [TestCase("tid", "a%2Fb", "states no tenant")]
    [TestCase("tid", "{tenantid}", "states no tenant")]
    [TestCase("tid", "", "states no tenant")]
    [TestCase("iss", "https://evil.example/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0", "iss is")]
    [TestCase("iss", "TEMPLATE", "iss is")]
    [TestCase("iss", "ISSUER", "iss is")]
    [Description("Threat: issuer confusion. A token of one tenant is not accepted for another, and tid must be a single path segment")]
    public async Task A_token_of_another_issuer_is_rejected(string claim, string? value, string words)
    {
        await using var host = await StartAsync(
            change: (claims, template) =>
                claims[claim] =
                    value == "TEMPLATE" ? template
                    : value == "ISSUER" ? template[..template.IndexOf("/{", StringComparison.Ordinal)]
                    : value
        );
        Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words));
    }

    [TestCase(Tenant, true)]
    [TestCase("another", false)]
    [TestCase("8EAEF023-2B34-4DA1-9BAA-8BC8C9D6A490", false)]
    [Description("AllowedTenants determines whose users may sign in")]
    public async Task Only_users_of_allowed_tenants_sign_in(string allowed, bool accepted)
    {
        await using var host = await StartAsync(options: o => o.AllowedTenants = ["first", allowed]);
        Assert.That(
            async () => await host.SignInAsync(),
            accepted ? Throws.Nothing : Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("AllowedTenants")
        );
    }

    [Test]
    [Description(
        "RFC 8414 §3.3: without IssuerTemplate a template in the metadata is rejected, and the message names the option; "
            + "with it another template is rejected"
    )]
    public async Task The_metadata_must_name_the_template()
    {
        await using var without = await StartAsync(options: o => o.IssuerTemplate = null);
        Assert.That(
            async () => await without.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("IssuerTemplate").And.Message.Contains("AllowedTenants")
        );

        await using var other = await StartAsync(options: o => o.IssuerTemplate = o.Issuer!.OriginalString + "/{tenantid}");
        Assert.That(
            async () => await other.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("set IssuerTemplate to exactly that text")
        );

        await using var single = await StartAsync();
        single.Server.Options.OnMetadata = null;
        Assert.That(
            async () => await single.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>(),
            "the shared address is not a tenant's issuer"
        );
    }

    [TestCase("{0}/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0", true)]
    [TestCase("{0}", false)]
    [TestCase("{0}/{{tenantid}}/v2.0", false)]
    [TestCase("{0}/a/b/v2.0", false)]
    [TestCase("https://evil.example/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0", false)]
    [Description("RFC 9207 §2.4: the code is redeemed only when iss in the callback is one of the server's tenants")]
    public async Task The_callback_issuer_must_be_a_tenant(string issuer, bool accepted)
    {
        await using var host = await StartAsync();
        host.Server.Options.OnAuthorizationResponse = parameters =>
            parameters.Add(new("iss", string.Format(null, issuer, host.Server.Issuer.OriginalString)));
        Assert.That(
            async () => await host.SignInAsync(),
            accepted ? Throws.Nothing : Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("RFC 9207")
        );
        Assert.That(host.TokenRequests, Is.EqualTo(accepted ? 1 : 0));
    }

    [TestCase("TEMPLATE", true)]
    [TestCase("OWN", true)]
    [TestCase("OTHER", false)]
    [TestCase("5", false)]
    [Description("A key that names an issuer verifies tokens of that tenant only")]
    public async Task A_key_of_another_tenant_is_not_tried(string issuer, bool accepted)
    {
        await using var host = await StartAsync();
        string template = host.Server.Issuer.OriginalString + "/{tenantid}/v2.0";
        host.Server.Options.OnJwks = set =>
            set["keys"]![0]!["issuer"] = issuer switch
            {
                "TEMPLATE" => template,
                "OWN" => template.Replace("{tenantid}", Tenant, StringComparison.Ordinal),
                "OTHER" => template.Replace("{tenantid}", "other", StringComparison.Ordinal),
                _ => (JsonNode)5,
            };
        Assert.That(
            async () => await host.SignInAsync(),
            accepted ? Throws.Nothing : Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("None of the server's keys")
        );
    }

    private static Task<OAuthTestHost> StartAsync(
        Action<OAuthClientOptions>? options = null,
        string tenant = Tenant,
        Action<JsonObject, string>? change = null
    )
    {
        string template = "";
        return OAuthTestHost.StartAsync(
            o =>
            {
                o.Scopes = ["openid", "offline_access"];
                template = o.IssuerTemplate = o.Issuer!.OriginalString + "/{tenantid}/v2.0";
                options?.Invoke(o);
            },
            server: o =>
            {
                o.SendIss = false;
                o.OnMetadata = metadata => metadata["issuer"] = (string)metadata["issuer"]! + "/{tenantid}/v2.0";
                o.OnIdTokenClaims = claims =>
                {
                    claims["iss"] = (string)claims["iss"]! + $"/{tenant}/v2.0";
                    claims["tid"] = tenant;
                    change?.Invoke(claims, template);
                };
            }
        );
    }
}
