using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Tests the validation of the options for dynamic registration at start (RFC 7591 §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DynamicRegistrationOptionsValidatorTests
{
    [Test]
    [Description("The default options are valid, without a ClientId")]
    public void The_default_options_are_valid() => Assert.That(Failures(_ => { }), Is.Empty);

    [Test]
    [Description("RFC 7591 §3: an identifier or secret from a manual registration is rejected")]
    public void Credentials_of_a_manual_registration_are_reported()
    {
        Assert.That(Failures(_ => { }, o => o.ClientId = "12345"), Has.One.Contains("RegisterDynamically"));
        Assert.That(
            Failures(_ => { }, o => o.ClientSecret = "secret-value"),
            Has.One.Contains("RegisterDynamically").And.None.Contains("secret-value")
        );
        Assert.That(
            Failures(_ => { }, o => o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretBasic),
            Is.Empty,
            "the server issues the secret"
        );
    }

    [Test]
    [Description("RFC 7591 §2, RFC 6750 §2.1: each invalid option has its own message")]
    public void Each_invalid_option_is_reported()
    {
        Assert.That(
            Failures(o => o.InitialAccessToken = "a token"),
            Has.One.Contains("InitialAccessToken holds a character").And.None.Contains("a token")
        );
        Assert.That(Failures(o => o.InitialAccessToken = ""), Has.One.Contains("InitialAccessToken is empty"));
        Assert.That(Failures(o => o.SoftwareStatement = " "), Has.One.Contains("SoftwareStatement is empty"));
        Assert.That(Failures(o => o.GrantTypes = null!), Has.One.Contains("GrantTypes"));
        Assert.That(Failures(o => o.GrantTypes = [""]), Has.One.Contains("GrantTypes"));
        Assert.That(Failures(o => o.ApplicationType = "desktop"), Has.One.Contains("ApplicationType"));
        Assert.That(Failures(o => o.InitiateLoginUri = new("http://app.example/start")), Has.One.Contains("InitiateLoginUri"));
        Assert.That(
            Failures(o => o.BackChannelLogoutUri = new("https://app.example/logout#here")),
            Has.One.Contains("BackChannelLogoutUri")
        );
        Assert.That(Failures(o => o.FrontChannelLogoutUri = new("http://app.example/frame")), Has.One.Contains("FrontChannelLogoutUri"));
        Assert.That(Failures(o => o.Metadata = null!), Has.One.Contains("Metadata is null"));
    }

    [TestCase("client_id")]
    [TestCase("client_secret")]
    [TestCase("redirect_uris")]
    [TestCase("registration_access_token")]
    [TestCase("software_statement")]
    [Description("RFC 7591 §3.2.1: Metadata must not contain members that follow from the options or that the server sets")]
    public void Reserved_metadata_is_reported(string member) =>
        Assert.That(Failures(o => o.Metadata = new JsonObject { [member] = "value" }), Has.One.Contains($"Metadata holds {member}"));

    private static List<string> Failures(Action<DynamicRegistrationOptions> dynamic, Action<OAuthClientOptions>? options = null) =>
        OAuthClientOptionsValidatorTests.Failures(o =>
        {
            o.ClientId = "";
            o.DynamicRegistration = new();
            dynamic(o.DynamicRegistration);
            options?.Invoke(o);
        });
}
