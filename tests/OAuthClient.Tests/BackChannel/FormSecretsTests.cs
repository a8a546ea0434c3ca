using System.Security.Cryptography;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that no message repeats the value of an additional parameter that a server echoes (RFC 6819 §4.2.1), and that the values of
/// registered parameters that are no secrets stay readable.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FormSecretsTests
{
    private const string Canary = "canary-7f3a9c";

    private static readonly string Key = ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportPkcs8PrivateKeyPem();

    [Test]
    [Description("The parameters of the registration and of one request are hidden in a token request")]
    public async Task The_parameters_of_a_token_request_are_hidden()
    {
        await using ScriptedServer server = new(o => o.TokenParameters["api_key"] = Canary + "-registered");
        Echo(server, Canary + "-registered", Canary + "-of-the-request");

        AssertHidden(async () =>
            await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(parameters: [new("key", Canary + "-of-the-request")]))
        );
    }

    [TestCase("987654", true)]
    [TestCase("12b4", true)]
    [TestCase("read", false)]
    [TestCase("7", false)]
    [Description("A short value with a digit can be a PIN or a one-time password; an ordinary word stays readable")]
    public void Short_values_with_a_digit_are_hidden(string value, bool isHidden) =>
        Assert.That(FormSecrets.Of([new("otp", value)]), isHidden ? Is.EqualTo([value]) : Is.Empty);

    [Test]
    [Description("The parameters of the registration are hidden in a refresh request")]
    public async Task The_parameters_of_a_refresh_are_hidden()
    {
        await using ScriptedServer server = new(o => o.RefreshParameters["api_key"] = Canary);
        var grant = await server.SignedInAsync(ScriptedServer.Tokens("at", "rt"));
        Echo(server, Canary);

        AssertHidden(async () => await server.Client.GetAccessTokenAsync(grant.Owner, new() { RejectedToken = grant.AccessToken }));
    }

    [Test]
    [Description("The parameters of the registration are hidden in a revocation request")]
    public async Task The_parameters_of_a_revocation_are_hidden()
    {
        await using ScriptedServer server = new(o => o.RevocationParameters["api_key"] = Canary);
        var grant = await server.SignedInAsync(ScriptedServer.Tokens("at", "rt"));
        Echo(server, Canary);

        AssertHidden(async () => await server.Client.RevokeAsync(grant.Owner));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Description("RFC 9126 §2.3: the parameters of a pushed authorization request are hidden, also those in a signed request object")]
    public async Task The_parameters_of_a_pushed_request_are_hidden(bool isSigned)
    {
        await using ScriptedServer server = new(o =>
        {
            o.PushedAuthorizationRequestEndpoint = new(ScriptedServer.Origin + "/par");
            o.PushedAuthorization = PushedAuthorizationUse.Always;
            o.SignedAuthorizationRequests = isSigned;
            o.ClientSecret = isSigned ? null : o.ClientSecret;
            o.ClientAssertion.PrivateKey = isSigned ? Key : null;
            o.AuthorizationParameters["api_key"] = Canary + "-registered";
        });
        Echo(server, Canary + "-registered", Canary + "-hint");

        AssertHidden(async () =>
            await server.Client.BeginAuthorizationAsync(
                new() { Additional = new Dictionary<string, string> { ["id_token_hint"] = Canary + "-hint" } }
            )
        );
    }

    [TestCase("scope", "photos.read")]
    [TestCase("resource", "https://api.example.com/")]
    [TestCase("audience", "https://api.example.com/")]
    [TestCase("subject_token_type", "urn:ietf:params:oauth:token-type:access_token")]
    [Description("An operator needs the values of registered parameters that are no secrets")]
    public async Task The_values_of_public_parameters_are_readable(string name, string value)
    {
        await using ScriptedServer server = new();
        Echo(server, value);

        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.Extension("urn:example:grant", [new(name, value)])),
            Throws.TypeOf<TokenEndpointException>().With.Message.Contains($"rejected: {value}")
        );
    }

    [Test]
    [Description("The grant type is readable")]
    public async Task The_grant_type_is_readable()
    {
        await using ScriptedServer server = new();
        Echo(server, "urn:example:grant");

        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.Extension("urn:example:grant", [])),
            Throws.TypeOf<TokenEndpointException>().With.Message.Contains("rejected: urn:example:grant")
        );
    }

    private static void Echo(ScriptedServer server, params string[] values) =>
        server.Answers($$"""{"error":"invalid_request","error_description":"rejected: {{string.Join(" and ", values)}}"}""", status: 400);

    private static void AssertHidden(Func<Task> request) =>
        Assert.That(
            request,
            Throws
                .InstanceOf<EndpointException>()
                .With.Message.Contains("rejected: [redacted]")
                .And.Message.Not.Contains(Canary)
                .And.Property(nameof(EndpointException.ErrorDescription))
                .Not.Contains(Canary)
        );
}
