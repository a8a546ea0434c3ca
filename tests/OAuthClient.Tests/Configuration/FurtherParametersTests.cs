using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the further parameters of a registration: where they are sent, what replaces them, and which names are refused.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FurtherParametersTests
{
    private const string Audience = "https://api.example.com";

    [Test]
    [Description("RFC 6749 §3.1, §3.2, RFC 7009 §2.1: each request has the parameters of its kind")]
    public async Task Each_request_has_its_parameters()
    {
        await using var host = await OAuthTestHost.StartAsync(o =>
        {
            o.AuthorizationParameters["access_type"] = "offline";
            o.AuthorizationParameters["prompt"] = "consent";
            o.TokenParameters["audience"] = Audience;
            o.TokenParameters["expiring"] = "1";
            o.RefreshParameters["expiring"] = "2";
            o.RevocationParameters["reason"] = "left";
        });
        var grant = await host.SignInAsync();
        var authorization = host.Server.RequestsTo(TestEndpoint.Authorization)[0];
        Assert.That(authorization.Query["access_type"], Is.EqualTo("offline"));
        Assert.That(authorization.Query["prompt"], Is.EqualTo("consent"));

        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(grant.Owner);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        await host.Client.RevokeAsync(grant.Owner);

        var tokens = host.Server.RequestsTo(TestEndpoint.Token);
        Assert.That(tokens.Select(request => request.Form.GetValueOrDefault("audience")), Is.EqualTo([Audience, Audience, Audience]));
        Assert.That(tokens.Select(request => request.Form.GetValueOrDefault("expiring")), Is.EqualTo(["1", "2", "1"]));
        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Revocation).Select(request => request.Form.GetValueOrDefault("reason")),
            Is.All.EqualTo("left").And.Not.Empty
        );
    }

    [Test]
    [Description("A parameter of one request replaces that of the registration, so that none occurs twice (RFC 6749 §3.1)")]
    public async Task A_parameter_of_one_request_takes_precedence()
    {
        await using var host = await OAuthTestHost.StartAsync(o =>
        {
            o.AuthorizationParameters["access_type"] = "offline";
            o.AuthorizationParameters["prompt"] = "consent";
            o.TokenParameters["audience"] = Audience;
        });
        var pending = await host.Client.BeginAuthorizationAsync(
            new()
            {
                Prompt = "login",
                Additional = new Dictionary<string, string> { ["Access_Type"] = "online" },
            }
        );
        var pairs = QueryPairs.Of(pending.AuthorizationUri);
        Assert.That(
            pairs.Where(pair => pair.Key.Equals("access_type", StringComparison.OrdinalIgnoreCase)).Select(pair => pair.Value),
            Is.EqualTo(["online"])
        );
        Assert.That(pairs.Where(pair => pair.Key == "prompt").Select(pair => pair.Value), Is.EqualTo(["login"]));

        await host.Client.RequestTokenAsync(
            TokenRequest.ClientCredentials(["api"], parameters: [new("audience", "https://other.example")])
        );
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token)[^1].FormValues("audience"), Is.EqualTo(["https://other.example"]));
    }

    [TestCase("state"), TestCase("State"), TestCase("redirect_uri"), TestCase("nonce"), TestCase("code_challenge"), TestCase("scope")]
    [TestCase("request"), TestCase("request_uri"), TestCase("client_secret"), TestCase("max_age"), TestCase("login_hint")]
    [TestCase("response_type"), TestCase("client_id"), TestCase("resource"), TestCase("response_mode"), TestCase(" ")]
    [TestCase("authorization_details")]
    [Description("RFC 6749 §3.1: a parameter of the library is refused at start as a further authorization parameter")]
    public void A_reserved_authorization_parameter_is_refused(string name) =>
        Refused(o => o.AuthorizationParameters[name] = "x", nameof(OAuthClientOptions.AuthorizationParameters));

    [TestCase("grant_type"), TestCase("code"), TestCase("code_verifier"), TestCase("refresh_token"), TestCase("client_secret")]
    [TestCase("Client_Id"), TestCase("redirect_uri"), TestCase("scope"), TestCase("client_assertion"), TestCase("resource")]
    [TestCase("authorization_details")]
    [Description("RFC 6749 §3.2: a parameter of the library is refused at start as a further token or refresh parameter")]
    public void A_reserved_token_parameter_is_refused(string name)
    {
        Refused(o => o.TokenParameters[name] = "x", nameof(OAuthClientOptions.TokenParameters));
        Refused(o => o.RefreshParameters[name] = "x", nameof(OAuthClientOptions.RefreshParameters));
        Assert.That(
            () => TokenRequest.ClientCredentials(parameters: [new(name, "x")]),
            Throws.ArgumentException.With.Message.Contains(name)
        );
    }

    [TestCase("token"), TestCase("token_type_hint"), TestCase("client_id"), TestCase("client_assertion_type")]
    [Description("RFC 7009 §2.1: a parameter of the library is refused at start as a further revocation parameter")]
    public void A_reserved_revocation_parameter_is_refused(string name) =>
        Refused(o => o.RevocationParameters[name] = "x", nameof(OAuthClientOptions.RevocationParameters));

    [Test]
    [Description("A server's own name of a parameter is reserved as the standard name is, at start and in one request")]
    public void A_renamed_parameter_is_reserved()
    {
        Refused(
            o =>
            {
                o.Adaptation.ParameterNames["client_id"] = "client_key";
                o.AuthorizationParameters["Client_Key"] = "x";
                o.TokenParameters["client_key"] = "x";
                o.RevocationParameters["client_key"] = "x";
            },
            nameof(OAuthClientOptions.AuthorizationParameters),
            nameof(OAuthClientOptions.TokenParameters),
            nameof(OAuthClientOptions.RevocationParameters)
        );
        Assert.That(
            () =>
                SampleRequest.Begin(
                    o => o.Adaptation.ParameterNames["state"] = "st",
                    new() { Additional = new Dictionary<string, string> { ["st"] = "x" } }
                ),
            Throws.ArgumentException.With.Message.Contains("'st'")
        );
    }

    [Test]
    [Description("A null in a configuration file is reported as such")]
    public void A_missing_value_is_reported()
    {
        Refused(o => o.TokenParameters["audience"] = null!, "TokenParameters has no value for 'audience'");
        Refused(o => o.AuthorizationParameters = null!, "AuthorizationParameters is null");
        Refused(o => o.Adaptation.ParameterNames = null!, "Adaptation.ParameterNames is null");
    }

    [Test]
    [Description("RFC 8707 §2: a server that refuses resource beside scopes receives it in no request, and the grant has it nevertheless")]
    public async Task Resources_can_be_left_out()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.Resources = [new(Audience)];
                o.Adaptation.OmitResourceInAuthorizationRequests = true;
                o.Adaptation.OmitResourceInTokenRequests = true;
                o.Adaptation.OmitResourceInRefreshRequests = true;
            },
            server: o => o.RejectResource = true
        );
        var grant = await host.SignInAsync();
        Assert.That(grant.Resources, Is.EqualTo([Audience]));
        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(grant.Owner);
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [TestCase(true, false, false), TestCase(false, true, false), TestCase(false, false, true)]
    [Description("RFC 8707 §2: resource is left out of single requests")]
    public async Task Resources_can_be_left_out_of_single_requests(bool authorization, bool token, bool refresh)
    {
        await using ScriptedServer server = new(o =>
        {
            o.Resources = [new(Audience)];
            o.Adaptation.OmitResourceInAuthorizationRequests = authorization;
            o.Adaptation.OmitResourceInTokenRequests = token;
            o.Adaptation.OmitResourceInRefreshRequests = refresh;
        });
        var pending = await server.Client.BeginAuthorizationAsync();
        Assert.That(QueryPairs.Of(pending.AuthorizationUri).Any(pair => pair.Key == "resource"), Is.Not.EqualTo(authorization));
        var grant = await server.SignedInAsync(ScriptedServer.Tokens("one", "refresh", expiresIn: 60));
        server.Clock.Advance(TimeSpan.FromHours(1));
        server.Answers(ScriptedServer.Tokens("two"));
        await server.Client.GetAccessTokenAsync(grant.Owner);
        Assert.That(server.Only["resource"], refresh ? Is.Null : Is.EqualTo(Audience));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(resources: [new(Audience)]));
        Assert.That(server.Requests[^1]["resource"], token ? Is.Null : Is.EqualTo(Audience));
    }

    private static void Refused(Action<OAuthClientOptions> configure, params string[] parts)
    {
        var failures = OAuthClientOptionsValidatorTests.Failures(configure);
        foreach (string part in parts)
            Assert.That(failures, Has.Some.Contains(part));
    }
}
