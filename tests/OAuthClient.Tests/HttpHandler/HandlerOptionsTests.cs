using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests the validation of owner and origins when the HTTP client is registered.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class HandlerOptionsTests
{
    [Test]
    public void No_owner() =>
        Assert.That(
            () => Add(t => t.To("https://api.example")),
            Throws
                .InvalidOperationException.With.Message.Contain("ForCurrentUser()")
                .And.Message.Contain("ForOwner(owner)")
                .And.Message.Contain("ForRequestOwner()")
                .And.Message.Contain("ForClient()")
        );

    [Test]
    public void No_origin() =>
        Assert.That(
            () => Add(t => t.ForClient()),
            Throws.InvalidOperationException.With.Message.Contain("To(\"https://api.example.com\")")
        );

    private static IEnumerable<TestCaseData> TwoOwners()
    {
        (string Name, Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions> State)[] ways =
        [
            ("ForCurrentUser", t => t.ForCurrentUser()),
            ("ForOwner", t => t.ForOwner(GrantOwner.User("42"))),
            ("ForRequestOwner", t => t.ForRequestOwner()),
            ("ForClient", t => t.ForClient()),
        ];
        foreach (var (firstName, first) in ways)
        {
            foreach (var (secondName, second) in ways)
                yield return new TestCaseData(first, second, $"{firstName} and {secondName}").SetArgDisplayNames(firstName, secondName);
        }
    }

    [TestCaseSource(nameof(TwoOwners))]
    [Description("Token lifecycle 1: one HTTP client carries one kind of token")]
    public void Owner_stated_twice(
        Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions> first,
        Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions> second,
        string both
    ) =>
        Assert.That(
            () => Add(t => second(first(t))),
            Throws.InvalidOperationException.With.Message.Contain("stated twice").And.Message.Contain(both)
        );

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" ")]
    public void Owner_without_an_id(string? id) =>
        Assert.That(() => Add(t => t.ForOwner(GrantOwner.User(id!))), Throws.InstanceOf<ArgumentException>());

    [TestCase("api.example.com")]
    [TestCase("/api")]
    [TestCase("//api.example.com")]
    [TestCase("http://api.example.com")]
    [TestCase("http://127.0.0.1.example.com")]
    [TestCase("http://localhost.example.com")]
    [TestCase("http://10.0.0.1")]
    [TestCase("ftp://api.example.com")]
    [TestCase("file:///etc/passwd")]
    [TestCase("https://api.example.com/v1")]
    [TestCase("https://api.example.com/?x")]
    [TestCase("https://api.example.com/#x")]
    [TestCase("https://user@api.example.com")]
    [TestCase("https://user:pw@api.example.com")]
    [TestCase("https://")]
    [TestCase("https://*")]
    [Description("Threat: a token to another origin. Only a scheme, host and port are accepted; plain http only for loopback")]
    public void Invalid_origin(string origin) =>
        Assert.That(
            () => Add(t => t.ForClient().To(origin)),
            Throws.ArgumentException.With.Message.Contain($"'{origin}'").And.Message.Contain("scheme, host and port")
        );

    [TestCase("https://api.example.com")]
    [TestCase("https://api.example.com/")]
    [TestCase("https://api.example.com:8443")]
    [TestCase("https://10.0.0.1")]
    [TestCase("http://localhost:5000")]
    [TestCase("http://127.0.0.1:5000")]
    [TestCase("http://[::1]:5000")]
    public void Valid_origin(string origin)
    {
        Assert.That(() => Add(t => t.ForClient().To(origin)), Throws.Nothing);
        Assert.That(() => Add(t => t.ForClient().To(new Uri(origin))), Throws.Nothing);
    }

    [Test]
    public void Origin_that_is_a_relative_Uri() =>
        Assert.That(() => Add(t => t.ForClient().To(new Uri("/api", UriKind.Relative))), Throws.ArgumentException);

    [Test]
    [Description("RFC 6749 §3.3, RFC 8707 §2: malformed scopes and resources are rejected at registration")]
    public void Malformed_selection()
    {
        Assert.That(
            () => Add(t => t.ForClient().To("https://api.example").WithScopes("a b")),
            Throws.ArgumentException.With.Message.Contain("a b")
        );
        Assert.That(
            () => Add(t => t.ForClient().To("https://api.example").WithResources(new Uri("https://api.example/#x"))),
            Throws.ArgumentException
        );
    }

    [Test]
    public void Null_arguments()
    {
        var http = new ServiceCollection().AddHttpClient("api");
        Assert.That(() => http.AddAccessTokenHandler(null!), Throws.ArgumentNullException);
        Assert.That(() => http.AddAccessTokenHandler(null!, t => t.ForClient()), Throws.ArgumentNullException);
        Assert.That(() => ((IHttpClientBuilder)null!).AddAccessTokenHandler(t => t.ForClient()), Throws.ArgumentNullException);
        Assert.That(() => Add(t => t.ForClient().To((string)null!)), Throws.ArgumentNullException);
        Assert.That(() => Add(t => t.ForClient().To((Uri)null!)), Throws.ArgumentNullException);
    }

    private static void Add(Action<AccessTokenHandlerOptions> configure) =>
        new ServiceCollection().AddHttpClient("api").AddAccessTokenHandler(configure);
}
