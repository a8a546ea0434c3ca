using System.Collections.Frozen;

namespace OAuthClient.Conventions.Tests;

public sealed class AsyncMethodsTests
{
    // "Type.Method" and the reason why it cannot be canceled.
    private static readonly Dictionary<string, Dictionary<string, string>> Allowed = new(StringComparer.Ordinal)
    {
        ["OAuthClient"] = new(StringComparer.Ordinal)
        {
            ["BackgroundWork.Run"] = "starts work without the context and the cancellation of a caller",
            ["SingleFlight.JoinOrStart"] = "the callers share the work: a canceled caller only stops waiting for it",
            ["RevalidatedValue.FetchAsync"] = "the callers share the fetch: a canceled caller only stops waiting for it",
            ["DiscoveryDocument.DownloadAsync"] = "the callers share the fetch: a canceled caller only stops waiting for it",
            ["GrantRefresher.RunAsync"] =
                "a refresh token that was sent cannot be recalled; the response must be saved even if the callers cancel",
            ["DistributedClientTokenCache.FindAsync"] = "a step of the request that callers share",
            ["DistributedClientTokenCache.SetAsync"] = "runs after the request that callers share",
            ["RefreshTokenClient.PrepareAsync"] = "a step of the refresh that callers share",
            ["RefreshTokenClient.SendAsync"] = "a refresh token that was sent cannot be recalled",
            ["IdTokenValidator.PrefetchKeysAsync"] = "a step of the refresh that callers share",
            ["JwtSignatureValidator.PrefetchKeysAsync"] = "a step of the refresh that callers share",
            ["JwksCache.PrefetchAsync"] = "a step of the refresh that callers share",
            ["GrantWriteQueue.FlushAsync"] = "a step of the refresh that callers share",
            ["GrantWriteQueue.SaveAsync"] = "the result of a used refresh token must be saved even if the callers cancel",
            ["UserInfoClient.FindAccountAsync"] = "the code is already used; cancellation would lose the tokens",
            ["GrantIssuer.IssueAsync"] = "the code or other credential is already used; cancellation would lose the tokens",
            ["GrantRemover.RemoveAsync"] = "a removal that has begun is completed for all grants",
            ["GrantRevoker.RemoveSupersededAsync"] = "runs after a grant was saved; cancellation would leave both grants",
            ["SessionTerminator.TryEndNewAsync"] = "cancellation would leave a sign-in that has ended",
            ["DynamicClientPersistence.SaveAsync"] = "the response of the server must be saved even if the callers cancel",
            ["DynamicClientPersistence.RemoveAsync"] = "runs after the client was deleted at the server",
        },
        ["OAuthClient.AspNetCore"] = new(StringComparer.Ordinal)
        {
            ["ApplicationSignOut.EndAsync"] = "SignOutAsync of ASP.NET Core takes none",
            ["BackChannelLogout.AnswerAsync"] = "uses RequestAborted of the request",
            ["FrontChannelLogout.AnswerAsync"] = "uses RequestAborted of the request",
            ["ThirdPartyInitiatedLogin.AnswerAsync"] = "uses RequestAborted of the request",
            ["BrowserAuthorizationEndpoints.ConnectAsync"] = "uses RequestAborted of the request",
            ["BrowserAuthorizationEndpoints.SignInAsync"] = "uses RequestAborted of the request",
            ["BrowserAuthorizationEndpoints.CallbackAsync"] = "uses RequestAborted of the request",
            ["BrowserAuthorizationEndpoints.SignOutAsync"] = "uses RequestAborted of the request",
            ["BrowserAuthorizationEndpoints.SignedOutAsync"] = "uses RequestAborted of the request",
            ["BrowserAuthorizationPages.WriteAsync"] = "uses RequestAborted of the request",
            ["FormRepost.WriteAsync"] = "uses RequestAborted of the request",
            ["HtmlPage.WriteAsync"] = "uses RequestAborted of the request",
            ["UncheckedSignInWarning.LogOnceAsync"] = "IAuthenticationSchemeProvider of ASP.NET Core takes none",
        },
        ["OAuthClient.Interactive"] = new(StringComparer.Ordinal)
        {
            ["LoopbackExchange.TryRespondAsync"] = "the sign-in has ended, and the page says so; the wait is limited",
        },
        ["OAuthClient.Testing"] = new(StringComparer.Ordinal)
        {
            ["Fault.ApplyAsync"] = "the context has its own token, RequestAborted",
            ["FaultContext.ExecuteAsync"] = "the context has its own token, RequestAborted",
            ["FaultContext.SendAsync"] = "the context has its own token, RequestAborted",
            ["FaultContext.WriteAsync"] = "the context has its own token, RequestAborted",
        },
    };

    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void Awaitable_methods_take_a_CancellationToken(string project) =>
        Rule.Holds(
            "Take a CancellationToken as the last parameter, or add a reason to this test:",
            AsyncMethods.Breaches(SourceTree.Load(project), Allowed.GetValueOrDefault(project) ?? [])
        );

    [TestCase("public Task A() => null!;")]
    [TestCase("internal async Task<int> A(int i) { await Task.Yield(); return i; }")]
    [TestCase("protected virtual ValueTask A() => default;")]
    [TestCase("public static ValueTask<string> A(CancellationToken cancel, int i) => default;")]
    [TestCase("public IAsyncEnumerable<int> A() => null!;")]
    public void A_method_without_a_CancellationToken_is_reported(string method) =>
        Assert.That(Breaches($"class One {{ {method} }}"), Is.EqualTo(["One.cs:1 One.A takes no CancellationToken as its last parameter"]));

    [Test]
    public void An_interface_is_checked_instead_of_its_implementations() =>
        Assert.That(
            Breaches(
                "interface IOne { Task A(); } class One : IOne { public Task A() => null!; } class Two : IOne { Task IOne.A() => null!; }"
            ),
            Is.EqualTo(["One.cs:1 IOne.A takes no CancellationToken as its last parameter"])
        );

    [TestCase("class One { public Task A(int i, CancellationToken cancel = default) => null!; }")]
    [TestCase("class One { public Task A(CancellationToken cancel, params int[] rest) => null!; }")]
    [TestCase("class One { Task A() => null!; Task Two() { Task B() => A(); return B(); } }")]
    [TestCase("class One : IAsyncDisposable { public ValueTask DisposeAsync() => default; }")]
    [TestCase(
        "class One : Stream { public override Task FlushAsync(CancellationToken cancel) => null!; "
            + "public override Task<int> ReadAsync(byte[] b, int o, int c, CancellationToken t) => null!; }"
    )]
    [TestCase(
        "class One : System.Threading.Tasks.Sources.IValueTaskSource { public ValueTask Wait(CancellationToken cancel) => default; }"
    )]
    [TestCase("delegate Task Next(); class One { public Func<Task>? A; public Task Done => null!; }")]
    public void Methods_that_take_one_or_that_another_type_declares_are_accepted(string type) => Assert.That(Breaches(type), Is.Empty);

    [Test]
    public void A_reason_allows_a_method_and_an_unnecessary_reason_is_reported()
    {
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["One.A"] = "uses RequestAborted",
            ["One.B"] = "gone",
        }.ToFrozenDictionary();

        Assert.That(Breaches("class One { public Task A() => null!; }", reasons), Has.One.StartsWith("One.B is allowed").And.One.Items);
    }

    private static IEnumerable<string> Breaches(string type, IReadOnlyDictionary<string, string>? allowed = null) =>
        AsyncMethods.Breaches(
            SourceTree.Of("OAuthClient", ("One.cs", "namespace OAuthClient; " + type)),
            allowed ?? FrozenDictionary<string, string>.Empty
        );
}
