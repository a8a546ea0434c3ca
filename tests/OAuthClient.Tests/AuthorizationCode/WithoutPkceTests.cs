using NUnit.Framework.Constraints;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests a server that refuses <c>code_verifier</c> (RFC 7636), as LinkedIn does for a confidential client.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class WithoutPkceTests
{
    [Test]
    [Description("Without PKCE neither challenge nor verifier is sent, the grant is issued, and the pending authorization travels")]
    public async Task A_server_that_refuses_the_verifier_issues_a_grant()
    {
        await using var host = await StartAsync(o => o.Adaptation.DangerouslyDisablePkce = true);
        var pending = await host.Client.BeginAuthorizationAsync();
        Assert.That(QueryPairs.Of(pending.AuthorizationUri).Select(pair => pair.Key), Has.None.StartsWith("code_challenge"));
        var callback = await host.Server.SignInAsync(pending.AuthorizationUri);
        pending = PendingAuthorization.Unprotect(pending.Protect(data => data), data => data);
        var grant = await host.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("42"));

        Assert.That(grant.Subject, Is.Not.Null);
        var sent = host.Server.RequestsTo(TestEndpoint.Token).Single();
        Assert.That(sent.Form.Keys, Has.No.Member("code_verifier"));
        Assert.That(sent.Form["client_secret"], Is.EqualTo(OAuthTestHost.ClientSecret));
    }

    [Test]
    [Description("A server like LinkedIn: a secret in the body, neither PKCE nor nonce; only the third option allows both")]
    public async Task A_server_without_PKCE_and_nonce_issues_a_grant()
    {
        await using var host = await StartAsync(o =>
        {
            o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretPost;
            o.Adaptation.DangerouslyDisablePkce = true;
            o.Adaptation.DangerouslyAcceptMissingNonce = true;
            o.Adaptation.DangerouslyAllowCodeInjection = true;
        });
        host.Server.Options.Defect = Defect.IdTokenMissingNonce;

        var grant = await host.SignInAsync();

        Assert.That(grant.Subject, Is.EqualTo("alice"));
        Assert.That(grant.Account!.Id, Is.EqualTo("alice"));
    }

    [Test]
    [Description("RFC 9700 §4.5.3: without PKCE a code without an ID Token is refused, because an attacker can remove nonce and openid")]
    public async Task A_response_without_an_id_token_is_refused()
    {
        await using var host = await StartAsync(o =>
        {
            o.Scopes = ["openid", "api"];
            o.Adaptation.DangerouslyDisablePkce = true;
        });
        var pending = await host.Client.BeginAuthorizationAsync();
        var changed = new Uri(
            string.Join(
                    '&',
                    pending.AuthorizationUri.OriginalString.Split('&').Where(pair => !pair.StartsWith("nonce=", StringComparison.Ordinal))
                )
                .Replace("openid%20api", "api", StringComparison.Ordinal)
        );
        var callback = await host.Server.SignInAsync(changed);

        Assert.That(
            async () =>
                await host.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("mallory")),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("RFC 9700 §4.5.3")
        );
    }

    [Test]
    [Description("RFC 9700 §4.5.3: neither PKCE nor a nonce needs the option that accepts code injection")]
    public void Neither_pkce_nor_nonce_needs_the_third_option()
    {
        static void Without(OAuthClientOptions o) =>
            (o.ClientSecret, o.Scopes, o.Adaptation.DangerouslyDisablePkce) = ("secret", ["api"], true);

        Assert.That(
            () => SampleRequest.Begin(Without),
            Throws.InstanceOf<OAuthException>().With.Message.Contains("Adaptation.DangerouslyAllowCodeInjection")
        );
        Assert.That(
            () =>
                SampleRequest.Begin(o =>
                {
                    Without(o);
                    o.Adaptation.DangerouslyAllowCodeInjection = true;
                }),
            Throws.Nothing
        );
    }

    [Test]
    [Description("RFC 7636: PKCE is sent by default, so that such a server is noticed")]
    public async Task Pkce_is_the_default()
    {
        await using var host = await StartAsync(_ => { });
        Assert.That(
            () => host.SignInAsync(),
            Throws.InstanceOf<TokenEndpointException>().With.Property(nameof(TokenEndpointException.Error)).EqualTo("invalid_client")
        );
    }

    [Test]
    [Description("RFC 9700 §2.1.1: metadata without S256 do not matter to a client that sends no challenge")]
    public void The_metadata_need_no_method_without_pkce()
    {
        var server = SampleConfiguration.Server with { CodeChallengeMethods = ["plain"] };
        static void WithoutPkce(OAuthClientOptions o) =>
            (o.ClientSecret, o.Scopes, o.Adaptation.DangerouslyDisablePkce) = ("secret", ["openid"], true);

        Assert.That(() => SampleRequest.Begin(server: server), Throws.InstanceOf<OAuthProtocolException>());
        Assert.That(() => SampleRequest.Begin(WithoutPkce, server: server), Throws.Nothing);
    }

    [Test]
    [Description("RFC 9700 §2.1.1: a client that registered itself without a secret does not authorize without PKCE")]
    public void A_public_client_does_not_begin_without_pkce() =>
        Assert.That(() => SampleRequest.Begin(o => o.Adaptation.DangerouslyDisablePkce = true), IsRefused);

    [Test]
    [Description("RFC 9700 §2.1.1, RFC 6749 §2.1: a client whose method is None is public, also if it has a certificate or a secret")]
    public void A_client_that_does_not_authenticate_does_not_begin_without_pkce()
    {
        static void Public(OAuthClientOptions o) =>
            (o.ClientAuthentication, o.Scopes, o.Adaptation.DangerouslyDisablePkce) = (ClientAuthenticationMethod.None, ["openid"], true);

        Assert.That(
            () =>
                SampleRequest.Begin(o =>
                {
                    Public(o);
                    o.ClientCertificate = () => null!;
                }),
            IsRefused
        );
        Assert.That(
            () =>
                SampleRequest.Begin(o =>
                {
                    Public(o);
                    o.ClientSecret = "secret";
                }),
            IsRefused
        );
    }

    private static IResolveConstraint IsRefused =>
        Throws.InstanceOf<OAuthException>().With.Message.Contains("remove Adaptation.DangerouslyDisablePkce");

    [TestCase("user_cancelled_login"), TestCase("user_cancelled_authorize"), TestCase("user_denied"), TestCase("consent_declined")]
    [TestCase("access_denied"), TestCase("gone_away")]
    [Description("RFC 6749 §4.1.2.1: a refusal of the user is recognized under the words of well-known servers and those of the options")]
    public async Task A_refusal_under_another_word_is_a_refusal(string word)
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => o.Adaptation.ErrorCodes["gone_away"] = "access_denied",
            server: o => o.OnAuthorizationResponse = parameters => Replace(parameters, "error", word)
        );
        Assert.That(
            () => host.SignInAsync(how: new() { Deny = true }),
            Throws
                .InstanceOf<AuthorizationResponseException>()
                .With.Property(nameof(AuthorizationResponseException.IsAccessDenied))
                .True.And.Property(nameof(AuthorizationResponseException.Error))
                .EqualTo(word)
        );
    }

    [TestCase("server_error"), TestCase("invalid_scope"), TestCase("login_required"), TestCase("denied_by_policy")]
    [Description("RFC 6749 §4.1.2.1: any other error is no refusal")]
    public async Task Another_error_is_no_refusal(string word)
    {
        await using var host = await OAuthTestHost.StartAsync(server: o =>
            o.OnAuthorizationResponse = parameters => Replace(parameters, "error", word)
        );
        Assert.That(
            () => host.SignInAsync(how: new() { Deny = true }),
            Throws.InstanceOf<AuthorizationResponseException>().With.Property(nameof(AuthorizationResponseException.IsAccessDenied)).False
        );
    }

    [Test]
    [Description("RFC 6749 §4.1.2.1: an error without state is told in sanitized text, and completes and consumes nothing")]
    public async Task An_error_without_state_is_told()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = AuthorizationResponse.Parse(
            OAuthTestHost.Callback + "?error=invalid_request&error_description=Unknown%20client%0d%0aSet-Cookie%22x"
        );
        Assert.That(
            () => host.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("42")),
            Throws
                .InstanceOf<OAuthProtocolException>()
                .With.Message.Contains("reports the error 'invalid_request' (\"Unknown client??Set-Cookie?x\"). Nothing was completed.")
        );
        var genuine = await host.Server.SignInAsync(pending.AuthorizationUri);
        Assert.That(
            () => host.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(genuine), GrantOwner.User("42")),
            Throws.Nothing
        );
    }

    // A confidential client with the secret in the body, whose server refuses the verifier.
    private static async Task<OAuthTestHost> StartAsync(Action<OAuthClientOptions> options) =>
        await OAuthTestHost.StartAsync(
            o =>
            {
                o.Scopes = ["openid", "profile"];
                o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretPost;
                options(o);
            },
            server: o => (o.RequirePkce, o.RejectCodeVerifier) = (false, true)
        );

    private static void Replace(IList<KeyValuePair<string, string>> parameters, string name, string value)
    {
        for (int i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].Key == name)
                parameters[i] = new(name, value);
        }
    }
}
