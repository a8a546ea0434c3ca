using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OAuthClient.Testing;
using static OAuthClient.Tests.SampleRequest;

namespace OAuthClient.Tests;

/// <summary>Tests the authorization details of an authorization request (RFC 9396 §3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RequestedAuthorizationDetailsTests
{
    private const string Registered = """[{"type":"registered"}]""";
    private const string Requested = """[{"type":"payment","actions":["initiate","ä & \"b\""]}]""";

    private static readonly string Key = ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportPkcs8PrivateKeyPem();

    [Test]
    [Description("RFC 9396 §3: the details of the call replace those of the options; scopes and resources are sent beside them")]
    public void The_calls_details_replace_the_options()
    {
        static void Register(OAuthClientOptions o) =>
            (o.AuthorizationDetails, o.Scopes, o.Resources) = (Registered, ["a"], [new("https://api.example.com")]);

        var registered = QueryPairs.Single(Begin(Register).AuthorizationUri);
        var requested = QueryPairs.Single(
            Begin(Register, new() { AuthorizationDetails = AuthorizationDetails.Parse(Requested) }).AuthorizationUri
        );

        Assert.That(registered["authorization_details"], Is.EqualTo(Registered));
        Assert.That(requested["authorization_details"], Is.EqualTo(Requested));
        Assert.That((requested["scope"], requested["resource"]), Is.EqualTo(("a", "https://api.example.com")));
        Assert.That(QueryPairs.Single(Begin().AuthorizationUri).Keys, Has.No.Member("authorization_details"));
    }

    [Test]
    [Description("RFC 6749 §3.1: a parameter occurs once, so no additional parameter has the name")]
    public void An_additional_parameter_cannot_have_the_name() =>
        Assert.That(
            () => Begin(parameters: new() { Additional = new Dictionary<string, string> { ["authorization_details"] = Requested } }),
            Throws.ArgumentException.With.Message.Contains("'authorization_details' cannot be an additional authorization parameter")
        );

    [Test]
    [Description("RFC 9396 §5, §10: a type that the server's list does not contain would be refused before the user's eyes")]
    public void A_type_that_the_server_does_not_support_fails_at_once()
    {
        static AuthorizationServerMetadata Supporting(params string[] types) =>
            SampleConfiguration.Server with
            {
                AuthorizationDetailsTypes = types,
            };
        AuthorizationParameters parameters = new() { AuthorizationDetails = AuthorizationDetails.Parse(Requested) };

        Assert.That(
            () => Begin(parameters: parameters, server: Supporting("account", "card\n")),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("does not support authorization details of the type 'payment'. It supports 'account, card?'")
        );
        Assert.That(
            () => Begin(parameters: parameters, server: Supporting()),
            Throws.TypeOf<OAuthException>().With.Message.Contains("It supports none")
        );
        Assert.That(() => Begin(parameters: parameters, server: Supporting("account", "payment")), Throws.Nothing);
        Assert.That(() => Begin(server: Supporting()), Throws.Nothing, "without details");
    }

    [TestCase("""["payment","account"]""", new[] { "payment", "account" })]
    [TestCase("[]", new string[0])]
    [TestCase("null", null)]
    [TestCase("5", null)]
    [TestCase("""["payment",5]""", null)]
    [TestCase("{}", null)]
    [Description("RFC 9396 §10: the list of the metadata; an absent or malformed list says nothing")]
    public void The_list_of_the_metadata(string member, string[]? expected)
    {
        var json = JsonDocument
            .Parse($$"""{"issuer":"https://as.example","authorization_details_types_supported":{{member}}}""")
            .RootElement;
        var metadata = ServerMetadataReader.Read(json, CleartextPolicy.None)!;

        Assert.That(metadata.AuthorizationDetailsTypes, Is.EqualTo(expected));
        Assert.That(new ServerMetadata(metadata).AuthorizationDetailsTypesSupported, Is.EqualTo(expected));
    }

    [TestCase(false, false)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(true, true)]
    [Description("RFC 9396 §3, RFC 9126, RFC 9101 §4: by query, pushed, and in a request object as an array; the server checks the form")]
    public async Task Each_transport_carries_the_details(bool isPushed, bool isSigned)
    {
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.PushedAuthorization = isPushed ? PushedAuthorizationUse.Always : PushedAuthorizationUse.Never;
                o.SignedAuthorizationRequests = isSigned;
                if (isSigned)
                    (o.ClientId, o.ClientSecret, o.ClientAssertion.PrivateKey) = ("signing", null, Key);
                if (isSigned)
                    o.ClientAuthentication = ClientAuthenticationMethod.PrivateKeyJwt;
            },
            server: o => o.AuthorizationDetailsTypes["payment"] = []
        );
        host.Server.AddClient(
            new TestClient
            {
                ClientId = "signing",
                AuthenticationMethod = "private_key_jwt",
                PublicKeys = new() { ["keys"] = new JsonArray(JsonNode.Parse(SigningKey.Parse(Key).PublicJwk)) },
                RedirectUris = { OAuthTestHost.Callback },
            }
        );

        var grant = await host.SignInAsync(parameters: new() { AuthorizationDetails = AuthorizationDetails.Parse(Requested) });

        Assert.That(grant.AuthorizationDetails!.ToJson(), Is.EqualTo(Requested));
        if (isSigned)
        {
            var request = (
                isPushed
                    ? host.Server.RequestsTo(TestEndpoint.PushedAuthorization)[0].Form
                    : host.Server.RequestsTo(TestEndpoint.Authorization)[0].Query
            )["request"];
            string claims = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(request.Split('.')[1]));
            Assert.That(
                JsonDocument.Parse(claims).RootElement.GetProperty("authorization_details").ValueKind,
                Is.EqualTo(JsonValueKind.Array)
            );
        }
    }

    [Test]
    [Description("A reauthorization repeats the details that were given for the authorization, and adds those that an exception requires")]
    public async Task A_reauthorization_repeats_the_details()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => o.AuthorizationDetails = Registered,
            server: o => (o.AuthorizationDetailsTypes["payment"], o.AuthorizationDetailsTypes["registered"]) = ([], [])
        );
        var chosen = await host.SignInAsync(parameters: new() { AuthorizationDetails = AuthorizationDetails.Parse(Requested) });
        chosen = Grant.Unprotect(chosen.Protect(data => data), data => data);
        var byOptions = await host.SignInAsync("43");
        ReauthorizationRequiredException more = new("photos", "x") { AuthorizationDetails = AuthorizationDetails.Parse(Requested) };

        Assert.That(await DetailsAsync(AuthorizationParameters.ForReauthorization(chosen)), Is.EqualTo(Requested));
        Assert.That(await DetailsAsync(AuthorizationParameters.ForReauthorization(chosen, more)), Is.EqualTo(Requested));
        Assert.That(await DetailsAsync(AuthorizationParameters.ForReauthorization(byOptions)), Is.EqualTo(Registered));
        var extended = AuthorizationParameters.ForReauthorization(byOptions, more);
        string both = $"{Registered[..^1]},{Requested[1..]}";
        Assert.That(await DetailsAsync(extended), Is.EqualTo(both));
        var repeated = await host.SignInAsync("43", extended);
        Assert.That(await DetailsAsync(AuthorizationParameters.ForReauthorization(repeated)), Is.EqualTo(both), "and so does the next one");

        async Task<string> DetailsAsync(AuthorizationParameters parameters) =>
            QueryPairs.Single((await host.Client.BeginAuthorizationAsync(parameters)).AuthorizationUri)["authorization_details"];
    }

    [TestCase(1500, true)]
    [TestCase(2100, false)]
    [Description("The pending authorization becomes part of a cookie, so long details are not repeated")]
    public void Long_details_are_not_repeated(int length, bool areRepeated)
    {
        var details = AuthorizationDetails.Parse($$"""[{"type":"a","x":"{{new string('x', length)}}"}]""");
        var pending = Begin(parameters: new() { AuthorizationDetails = details, UiLocales = "de" });

        Assert.That(pending.Repeated.Contains(details.ToJson()), Is.EqualTo(areRepeated));
        Assert.That(pending.Repeated, Does.Contain("de"));
    }

    [Test]
    [Description("RFC 9396 §5: the message about invalid_authorization_details says what to check")]
    public async Task An_error_response_says_what_to_check()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => o.AuthorizationDetails = """[{"type":"payment","colour":"red"}]""",
            server: o => o.AuthorizationDetailsTypes["payment"] = []
        );
        Assert.That(
            async () => await host.SignInAsync(),
            Throws
                .TypeOf<AuthorizationResponseException>()
                .With.Property("Error")
                .EqualTo("invalid_authorization_details")
                .And.Message.Contains("check each type and its members against the server's documentation")
        );
    }
}
