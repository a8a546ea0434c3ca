using OAuthClient.Testing;
using static OAuthClient.Tests.OAuthClientOptionsValidatorTests;

namespace OAuthClient.Tests;

/// <summary>Tests which server adaptations are refused at start, and that each dangerous one is logged once.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AdaptationOptionsTests
{
    [TestCase(""), TestCase(", "), TestCase("a"), TestCase("\n")]
    [Description("RFC 6749 §3.3: the scope separator is one character that no scope contains")]
    public void An_invalid_scope_separator_is_refused(string separator) =>
        Assert.That(Failures(o => o.Adaptation.ScopeSeparator = separator), Has.One.Contains("Adaptation.ScopeSeparator"));

    [Test]
    [Description("Names, words and paths of the server are not empty, and no two parameters have one name (RFC 6749 §3.1)")]
    public void Empty_and_ambiguous_names_are_refused()
    {
        Assert.That(Failures(o => o.Adaptation.BearerTokenTypes = [""]), Has.One.Contains("BearerTokenTypes holds an empty item"));
        Assert.That(Failures(o => o.Adaptation.BearerTokenTypes = ["dpop"]), Has.One.Contains("the name of another type of token"));
        Assert.That(Failures(o => o.Adaptation.TokenPath = [" "]), Has.One.Contains("TokenPath holds an empty item"));
        Assert.That(Failures(o => o.Adaptation.UserInfoPath = [" "]), Has.One.Contains("UserInfoPath holds an empty item"));
        Assert.That(Failures(o => o.Adaptation.UserInfoPath = null!), Has.One.Contains("UserInfoPath is null"));
        Assert.That(Failures(o => o.Adaptation.ErrorCodes["gone"] = ""), Has.One.Contains("ErrorCodes holds an empty word"));
        Assert.That(Failures(o => o.Adaptation.ParameterNames["client_id"] = " "), Has.One.Contains("no name for 'client_id'"));
        Assert.That(Failures(o => o.Adaptation.ParameterNames["login"] = "state"), Has.One.Contains("the name of another parameter"));
        Assert.That(
            Failures(o =>
            {
                o.Adaptation.ParameterNames["client_id"] = "app";
                o.Adaptation.ParameterNames["client_secret"] = "App";
            }),
            Has.Some.Contains("twice")
        );
        Assert.That(Failures(o => o.Adaptation.ParameterNames["client_id"] = "client_key"), Is.Empty);
    }

    [Test]
    [Description("RFC 9700 §2.1.1: only a client that authenticates can do without PKCE")]
    public void Pkce_can_be_disabled_for_a_confidential_client_only()
    {
        const string Message = "Adaptation.DangerouslyDisablePkce needs a client that authenticates";
        Assert.That(Failures(o => o.Adaptation.DangerouslyDisablePkce = true), Has.One.Contains(Message));
        Assert.That(
            Failures(o =>
            {
                o.Adaptation.DangerouslyDisablePkce = true;
                o.ClientSecret = "secret";
            }),
            Is.Empty
        );
        Assert.That(
            Failures(o =>
            {
                o.Adaptation.DangerouslyDisablePkce = true;
                o.ClientCertificate = () => null!;
                o.ClientAuthentication = ClientAuthenticationMethod.None;
            }),
            Has.One.Contains(Message)
        );
    }

    [Test]
    [Description("RFC 9700 §4.5: PKCE and the nonce can be given up together only by an option that names the consequence")]
    public void Pkce_and_nonce_together_need_a_third_option()
    {
        static void Both(OAuthClientOptions o) =>
            (o.ClientSecret, o.Adaptation.DangerouslyDisablePkce, o.Adaptation.DangerouslyAcceptMissingNonce) = ("secret", true, true);

        Assert.That(Failures(Both), Has.One.Contains("set DangerouslyAllowCodeInjection"));
        Assert.That(
            Failures(o =>
            {
                Both(o);
                o.Adaptation.DangerouslyAllowCodeInjection = true;
            }),
            Is.Empty
        );
    }

    [Test]
    [Description("RFC 7617 §2: a colon ends the user name, so it must not be part of unencoded credentials")]
    public void Basic_credentials_are_unambiguous()
    {
        Assert.That(
            Failures(o => (o.ClientId, o.ClientSecret, o.Adaptation.UseUnencodedBasicCredentials) = ("a:b", "secret", true)),
            Has.One.Contains("ClientId holds a colon")
        );
        Assert.That(Failures(o => o.Adaptation.UseSecretAsBasicUserName = true), Has.One.Contains("needs a ClientSecret"));
        Assert.That(
            Failures(o => (o.ClientSecret, o.Adaptation.UseBasicForPublicClient) = ("secret", true)),
            Has.One.Contains("is for a client without a secret")
        );
    }

    [TestCase("secret\n", "a line break at position 7 of 7")]
    [TestCase("secret\r\n", "a line break at position 7 of 8")]
    [TestCase("\tsecret", "a tab at position 1 of 7")]
    [TestCase("sec\0ret", "a control character at position 4 of 7")]
    [TestCase("sécret", "a character outside of ASCII at position 2 of 6")]
    [TestCase("\uFEFFsecret", "a character outside of ASCII at position 1 of 7")]
    [Description("RFC 6749 A.2: a secret with a character that no secret contains is reported at start, without the secret")]
    public void An_invalid_secret_is_reported(string secret, string message)
    {
        var failures = Failures(o => o.ClientSecret = secret);
        Assert.That(failures, Has.One.Contains($"ClientSecret holds {message}").And.Exactly(1).Contains("RFC 6749 A.2"));
        Assert.That(failures, Has.None.Contains("cret\n").And.None.Contains("écret"));
        Assert.That(Failures(o => o.ClientId = secret), Has.One.Contains($"ClientId holds {message}"));
    }

    [Test]
    [Description("RFC 6749 A.2: printable characters and the space are part of secrets")]
    public void Every_printable_character_is_valid_in_a_secret() =>
        Assert.That(
            Failures(o => o.ClientSecret = string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code))),
            Is.Empty
        );
}
