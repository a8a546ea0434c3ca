namespace OAuthClient.Tests;

/// <summary>Tests extension grants (RFC 6749 §4.5), except those for which the library has a safer method.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ExtensionGrantRequestTests
{
    private const string JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    [Test]
    public async Task Parameters_are_sent_unchanged()
    {
        await using ScriptedServer server = new();
        await server.Client.RequestTokenAsync(TokenRequest.Extension(JwtBearer, [new("assertion", "a.b&c"), new("scope", "x y")]));
        Assert.That(
            server.Only.Body,
            Is.EqualTo("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b%26c&scope=x+y")
        );
        Assert.That(server.Only.Authorization, Does.StartWith("Basic "));
    }

    [TestCase("authorization_code", "CompleteAuthorizationAsync")]
    [TestCase("client_credentials", "TokenRequest.ClientCredentials")]
    [TestCase("refresh_token", "TokenRequest.Refresh")]
    [TestCase("password", "RFC 9700 §2.4")]
    [TestCase("implicit", "RFC 9700 §2.1.2")]
    [Description("RFC 9700 §2.1.2, §2.4: grant types that bypass validation or are deprecated are rejected; the message says what to use")]
    public void Grant_type_with_a_safer_alternative(string grantType, string instead) =>
        Assert.That(
            () => TokenRequest.Extension(grantType, [new("password", "hunter2-hunter2")]),
            Throws.ArgumentException.With.Message.Contain($"'{grantType}'").And.Message.Contain(instead).And.Message.Not.Contain("hunter2")
        );

    [TestCase("grant_type")]
    [TestCase("client_id")]
    [TestCase("client_secret")]
    [TestCase("client_assertion")]
    [TestCase("client_assertion_type")]
    [Description("RFC 6749 §2.3: only the client authentication method of the registration is used")]
    public void Reserved_parameter(string name) =>
        Assert.That(
            () => TokenRequest.Extension(JwtBearer, [new("assertion", "x"), new(name, "the-value")]),
            Throws.ArgumentException.With.Message.Contain($"'{name}'").And.Message.Not.Contain("the-value")
        );

    [Test]
    [Description("RFC 6749 §3.2: a parameter must not be repeated")]
    public void Repeated_parameter() =>
        Assert.That(
            () => TokenRequest.Extension(JwtBearer, [new("assertion", "one"), new("assertion", "two")]),
            Throws.ArgumentException.With.Message.Contain("'assertion'").And.Message.Contain("twice")
        );

    [Test]
    [Description("RFC 8693 §2.1, RFC 8707 §2: resource and audience may be repeated")]
    public async Task Repeatable_parameters()
    {
        await using ScriptedServer server = new();
        await server.Client.RequestTokenAsync(
            TokenRequest.Extension(
                "urn:x",
                [new("resource", "https://a.example"), new("resource", "https://b.example"), new("audience", "a"), new("audience", "b")]
            )
        );
        Assert.That(server.Only.Form.Count(field => field.Key is "resource" or "audience"), Is.EqualTo(4));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" ")]
    public void Grant_type_is_named(string? grantType) =>
        Assert.That(() => TokenRequest.Extension(grantType!, []), Throws.InstanceOf<ArgumentException>());

    [Test]
    [Description("RFC 6749 §5.1: a response without scope has the requested scope, also for an extension grant")]
    public async Task Unstated_scope()
    {
        await using ScriptedServer server = new();
        var withScope = await server.Client.RequestTokenAsync(TokenRequest.Extension(JwtBearer, [new("scope", "x y"), new("other", "z")]));
        var withoutScope = await server.Client.RequestTokenAsync(TokenRequest.Extension(JwtBearer, [new("other", "z")]));
        Assert.That(withScope.AccessToken.Scopes, Is.EqualTo(new[] { "x", "y" }));
        Assert.That(withoutScope.AccessToken.Scopes, Is.Empty);
    }

    [Test]
    [Description("Threat: secrets in exceptions. An unknown parameter may hold a secret: a value of eight characters or more is redacted")]
    public async Task Echoed_parameter()
    {
        await using ScriptedServer server = new();
        server.Answers("""{"error":"invalid_grant","error_description":"12345678 is bad, abcdefg is short"}""", status: 400);
        Assert.That(
            async () =>
                await server.Client.RequestTokenAsync(
                    TokenRequest.Extension(JwtBearer, [new("assertion", "12345678"), new("x", "abcdefg")])
                ),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.ErrorDescription))
                .EqualTo("[redacted] is bad, abcdefg is short")
        );
    }
}
