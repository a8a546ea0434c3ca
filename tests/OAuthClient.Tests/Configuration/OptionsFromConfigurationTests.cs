using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the options that are read from configuration: binding, reported errors and reloading.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OptionsFromConfigurationTests
{
    [Test]
    [Description("Every property can be bound, including lists")]
    public void Every_property_is_bound()
    {
        var values = new Dictionary<string, string?>
        {
            ["Issuer"] = "https://server.example.com",
            ["AuthorizationEndpoint"] = "https://server.example.com/a",
            ["TokenEndpoint"] = "https://server.example.com/t",
            ["DeviceAuthorizationEndpoint"] = "https://server.example.com/d",
            ["RevocationEndpoint"] = "https://server.example.com/r",
            ["RegistrationEndpoint"] = "https://server.example.com/register",
            ["SignedIntrospectionResponses"] = "true",
            ["IntrospectionEndpoint"] = "https://server.example.com/i",
            ["UserInfoEndpoint"] = "https://server.example.com/u",
            ["JwksUri"] = "https://server.example.com/j",
            ["EndSessionEndpoint"] = "https://server.example.com/e",
            ["ClientId"] = "client-id",
            ["ClientSecret"] = "secret",
            ["ClientAuthentication"] = "clientSecretPost",
            ["RedirectUri"] = "https://client.example.com/callback",
            ["PostLogoutRedirectUri"] = "https://client.example.com/signed-out",
            ["SignInLifetime"] = "1.00:00:00",
            ["RevokeSupersededGrants"] = "true",
            ["Scopes:0"] = "openid",
            ["Scopes:1"] = "profile",
            ["Resources:0"] = "https://one.example.com",
            ["Resources:1"] = "https://two.example.com",
            ["AuthorizationDetails"] = """[{"type":"payment"}]""",
            ["ResponseMode"] = "form_post",
            ["IdTokenSigningAlgorithms:0"] = "ES256",
            ["IssuerTemplate"] = "https://server.example.com/{tenantid}",
            ["AllowedTenants:0"] = "tenant-1",
            ["RefusePrivateAddresses"] = "true",
            ["DecryptionKeys:0"] = DecryptionKeyTexts.Pem,
            ["PendingAuthorizationLifetime"] = "00:05:00",
            ["DefaultAccessTokenLifetime"] = "00:20:00",
            ["BackChannelDeadline"] = "00:00:10",
            ["BackChannelAttemptTimeout"] = "00:00:04",
            ["RefreshTokenGracePeriod"] = "00:01:00",
            ["RefreshLease"] = "00:00:20",
            ["DangerouslyAllowHttpOnLoopback"] = "true",
            ["RedirectUris:0"] = "https://other.example.com/callback",
            ["AuthorizationParameters:access_type"] = "offline",
            ["TokenParameters:audience"] = "https://api.example.com",
            ["RefreshParameters:include"] = "scope",
            ["RevocationParameters:reason"] = "logout",
            ["Adaptation:ScopeSeparator"] = ",",
            ["Adaptation:ParameterNames:client_id"] = "client_key",
            ["Adaptation:ErrorCodes:token_revoked"] = "invalid_grant",
            ["Adaptation:BearerTokenTypes:0"] = "bot",
            ["Adaptation:OmitIdTokenHint"] = "true",
            ["PushedAuthorization"] = "Always",
            ["FetchAccount"] = "true",
            ["PushedAuthorizationRequestEndpoint"] = "https://server.example.com/par",
            ["SignedAuthorizationRequests"] = "false",
            ["ClientAssertion:KeyId"] = "key-1",
            ["DPoP:Enabled"] = "true",
            ["DangerouslyAllowHttpInTrustedNetwork:0"] = "http://keycloak:8080",
            ["MetadataAddress"] = "https://server.example.com/m",
            ["UserInfoSigningAlgorithms:0"] = "ES384",
            ["IntrospectionSigningAlgorithms:0"] = "PS256",
            ["LogoutTokenSigningAlgorithms:0"] = "RS512",
            ["TrustedAudiences:0"] = "project-1",
            ["ClockTolerance"] = "00:02:00",
            ["Fapi2"] = "false",
        };
        Assert.That(
            values.Keys.Select(key => key.Split(':')[0]).Distinct(),
            Is.EquivalentTo(typeof(OAuthClientOptions).GetProperties().Select(property => property.Name)),
            "a property is missing in this test"
        );
        var options = Bind(values);

        Assert.Multiple(() =>
        {
            Assert.That(options.Issuer!.OriginalString, Is.EqualTo("https://server.example.com"), "the issuer is not normalized");
            Assert.That(options.AuthorizationEndpoint, Is.EqualTo(new Uri("https://server.example.com/a")));
            Assert.That(options.TokenEndpoint, Is.EqualTo(new Uri("https://server.example.com/t")));
            Assert.That(options.DeviceAuthorizationEndpoint, Is.EqualTo(new Uri("https://server.example.com/d")));
            Assert.That(options.RevocationEndpoint, Is.EqualTo(new Uri("https://server.example.com/r")));
            Assert.That(options.RegistrationEndpoint, Is.EqualTo(new Uri("https://server.example.com/register")));
            Assert.That(options.SignedIntrospectionResponses, Is.True);
            Assert.That(options.IntrospectionEndpoint, Is.EqualTo(new Uri("https://server.example.com/i")));
            Assert.That(options.UserInfoEndpoint, Is.EqualTo(new Uri("https://server.example.com/u")));
            Assert.That(options.JwksUri, Is.EqualTo(new Uri("https://server.example.com/j")));
            Assert.That(options.EndSessionEndpoint, Is.EqualTo(new Uri("https://server.example.com/e")));
            Assert.That(options.PostLogoutRedirectUri, Is.EqualTo(new Uri("https://client.example.com/signed-out")));
            Assert.That(options.SignInLifetime, Is.EqualTo(TimeSpan.FromDays(1)));
            Assert.That(options.RevokeSupersededGrants, Is.True);
            Assert.That(options.ClientId, Is.EqualTo("client-id"));
            Assert.That(options.ClientSecret, Is.EqualTo("secret"));
            Assert.That(options.ClientAuthentication, Is.EqualTo(ClientAuthenticationMethod.ClientSecretPost));
            Assert.That(options.RedirectUri, Is.EqualTo(new Uri("https://client.example.com/callback")));
            Assert.That(options.Scopes, Is.EqualTo(["openid", "profile"]));
            Assert.That(options.Resources, Is.EqualTo([new Uri("https://one.example.com"), new Uri("https://two.example.com")]));
            Assert.That(options.ResponseMode, Is.EqualTo("form_post"));
            Assert.That(options.IdTokenSigningAlgorithms, Is.EqualTo(["ES256"]));
            Assert.That(options.DangerouslyAllowHttpInTrustedNetwork, Is.EqualTo([new Uri("http://keycloak:8080")]));
            Assert.That(options.MetadataAddress, Is.EqualTo(new Uri("https://server.example.com/m")));
            Assert.That(options.UserInfoSigningAlgorithms, Is.EqualTo(["ES384"]));
            Assert.That(options.IntrospectionSigningAlgorithms, Is.EqualTo(["PS256"]));
            Assert.That(options.LogoutTokenSigningAlgorithms, Is.EqualTo(["RS512"]));
            Assert.That(options.TrustedAudiences, Is.EqualTo(["project-1"]));
            Assert.That(options.ClockTolerance, Is.EqualTo(TimeSpan.FromMinutes(2)));
            Assert.That(options.IssuerTemplate, Is.EqualTo("https://server.example.com/{tenantid}"));
            Assert.That(options.AllowedTenants, Is.EqualTo(["tenant-1"]));
            Assert.That(options.RefusePrivateAddresses, Is.True);
            Assert.That(options.DecryptionKeys, Is.EqualTo([DecryptionKeyTexts.Pem]));
            Assert.That(options.PendingAuthorizationLifetime, Is.EqualTo(TimeSpan.FromMinutes(5)));
            Assert.That(options.RefreshTokenGracePeriod, Is.EqualTo(TimeSpan.FromMinutes(1)));
            Assert.That(options.RefreshLease, Is.EqualTo(TimeSpan.FromSeconds(20)));
            Assert.That(options.DefaultAccessTokenLifetime, Is.EqualTo(TimeSpan.FromMinutes(20)));
            Assert.That(options.BackChannelDeadline, Is.EqualTo(TimeSpan.FromSeconds(10)));
            Assert.That(options.BackChannelAttemptTimeout, Is.EqualTo(TimeSpan.FromSeconds(4)));
            Assert.That(options.DangerouslyAllowHttpOnLoopback, Is.True);
            Assert.That(options.RedirectUris, Is.EqualTo([new Uri("https://other.example.com/callback")]));
            Assert.That(options.AuthorizationParameters["access_type"], Is.EqualTo("offline"));
            Assert.That(options.TokenParameters["audience"], Is.EqualTo("https://api.example.com"));
            Assert.That(options.RefreshParameters["include"], Is.EqualTo("scope"));
            Assert.That(options.RevocationParameters["reason"], Is.EqualTo("logout"));
            Assert.That(options.Adaptation.ScopeSeparator, Is.EqualTo(","));
            Assert.That(options.Adaptation.ParameterNames["client_id"], Is.EqualTo("client_key"));
            Assert.That(options.Adaptation.ErrorCodes["token_revoked"], Is.EqualTo("invalid_grant"));
            Assert.That(options.Adaptation.BearerTokenTypes, Is.EqualTo(["bot"]));
            Assert.That(options.Adaptation.OmitIdTokenHint, Is.True);
            Assert.That(options.PushedAuthorization, Is.EqualTo(PushedAuthorizationUse.Always));
            Assert.That(options.FetchAccount);
            Assert.That(options.PushedAuthorizationRequestEndpoint, Is.EqualTo(new Uri("https://server.example.com/par")));
            Assert.That(options.SignedAuthorizationRequests, Is.False);
            Assert.That(options.ClientAssertion.KeyId, Is.EqualTo("key-1"));
        });
    }

    [TestCase("Adaptation:ScopeSeperator", ",", "Adaptation:ScopeSeperator is no option; did you mean ScopeSeparator?")]
    [TestCase("Adaptation", "strict", "Adaptation must be an object")]
    [TestCase("Adaptation:BearerTokenTypes", "bot", "Adaptation:BearerTokenTypes must be a list")]
    [TestCase("Adaptation:ParameterNames", "client_key", "Adaptation:ParameterNames must be an object with names and values")]
    [TestCase("TokenParameters", "audience=x", "TokenParameters must be an object with names and values")]
    [TestCase("TokenParameters:0", "audience", "TokenParameters must be an object with names and values")]
    [TestCase("AuthorizationParameters:claims:userinfo", "x", "AuthorizationParameters has an object or a list as 'claims'")]
    [Description("A nested key that the binder would ignore is reported with its path")]
    public void A_nested_key_is_reported(string key, string value, string message) =>
        Assert.That(() => Bind(Minimal((key, value))), Throws.TypeOf<OptionsValidationException>().With.Message.Contains(message));

    [TestCase("ClientSecrett")]
    [TestCase("Scope")]
    [TestCase("Authority")]
    [Description("An unknown key is reported without its value")]
    public void An_unknown_key_is_reported(string key) =>
        Assert.That(
            () => Bind(Minimal((key, "secret-value"))),
            Throws
                .TypeOf<OptionsValidationException>()
                .With.Message.Contains($"{key} is no option")
                .And.Message.Not.Contains("secret-value")
        );

    [TestCase("BackChannelDeadline", "soon")]
    [TestCase("ClientAuthentication", "jwt")]
    [TestCase("DangerouslyAllowHttpOnLoopback", "perhaps")]
    [TestCase("Issuer", "https://[")]
    [Description("A value that cannot be converted is reported with its key")]
    public void An_invalid_value_is_reported(string key, string value) =>
        Assert.That(() => Bind(Minimal((key, value))), Throws.InvalidOperationException.With.Message.Contains(key));

    [Test]
    [Description("An empty configuration section is reported with the options to write")]
    public void An_empty_section_is_reported() =>
        Assert.That(
            () => Bind([]),
            Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("empty").And.Message.Contains("set ClientId, Issuer")
        );

    [Test]
    [Description("A null list in a JSON file is reported or treated as absent, and causes no NullReferenceException")]
    public void A_null_list_is_reported_or_absent()
    {
        using var json = new MemoryStream(
            """
            {"Issuer":"https://server.example.com","ClientId":"client-id",
             "Scopes":null,"Resources":null,"IdTokenSigningAlgorithms":null,"ClientSecret":null}
            """u8.ToArray()
        );
        var services = new ServiceCollection();
        services.AddOAuthClient(new ConfigurationBuilder().AddJsonStream(json).Build());
        using var provider = services.BuildServiceProvider();

        try
        {
            var options = provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().CurrentValue;
            Assert.That(new object[] { options.Scopes, options.Resources, options.IdTokenSigningAlgorithms }, Is.All.Empty);
        }
        catch (OptionsValidationException exception)
        {
            Assert.That(exception.Failures, Has.All.Contains("is null; leave it out"));
        }
    }

    [Test]
    [Description("RFC 6749 §2.3.1: a secret that is changed in the configuration is sent with the next request, without a restart")]
    public async Task A_rotated_secret_is_used_at_once()
    {
        await using var server = await TestAuthorizationServer.StartAsync();
        server.AddClient(new TestClient { ClientId = "client-id", ClientSecret = "first" });
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                Minimal(("Issuer", server.Issuer.OriginalString), ("ClientSecret", "first"), ("DangerouslyAllowHttpOnLoopback", "true"))
            )
            .Build();
        var services = new ServiceCollection();
        services.AddOAuthClient(configuration);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();
        await client.RequestTokenAsync(TokenRequest.ClientCredentials());

        server.AddClient(new TestClient { ClientId = "client-id", ClientSecret = "second" });
        Assert.That(
            async () => await client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.InstanceOf<TokenEndpointException>().With.Property("Error").EqualTo("invalid_client")
        );
        configuration["ClientSecret"] = "second";
        configuration.Reload();

        Assert.That(async () => await client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.Nothing);
    }

    private static OAuthClientOptions Bind(Dictionary<string, string?> values)
    {
        var services = new ServiceCollection();
        services.AddOAuthClient("photos", new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get("photos");
    }

    private static Dictionary<string, string?> Minimal(params (string Key, string Value)[] additional)
    {
        var values = new Dictionary<string, string?> { ["Issuer"] = "https://server.example.com", ["ClientId"] = "client-id" };
        foreach (var (key, value) in additional)
            values[key] = value;
        return values;
    }
}
