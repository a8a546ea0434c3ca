using System.Collections.Frozen;

namespace OAuthClient.Conventions.Tests;

public sealed class AsyncMethodsTests
{
    // "Type.Method" and why nobody could cancel it.
    private static readonly Dictionary<string, Dictionary<string, string>> Allowed = new(StringComparer.Ordinal)
    {
        ["OAuthClient"] = new(StringComparer.Ordinal)
        {
            ["BackgroundWork.Run"] = "starts work that has the context and the cancellation of no caller",
            ["SingleFlight.JoinOrStart"] = "the work is everybody's: whoever cancels stops waiting for the task, and nothing else",
            ["GrantRefresher.RunAsync"] = "a refresh token that was sent cannot be called back; the answer must be saved whoever left",
            ["RefreshTokenClient.PrepareAsync"] = "a step of the refresh that everybody waits for",
            ["RefreshTokenClient.SendAsync"] = "a refresh token that was sent cannot be called back",
            ["IdTokenValidator.PrefetchKeysAsync"] = "a step of the refresh that everybody waits for",
            ["JwtSignatureValidator.PrefetchKeysAsync"] = "a step of the refresh that everybody waits for",
            ["JwksCache.PrefetchAsync"] = "a step of the refresh that everybody waits for",
            ["GrantWriteQueue.FlushAsync"] = "a step of the refresh that everybody waits for",
            ["GrantWriteQueue.SaveAsync"] = "what a spent refresh token brought must be saved whoever left",
            ["GrantRevoker.RemoveSupersededAsync"] = "follows a grant that is saved already; to stop half way would leave both",
            ["SessionTerminator.TryEndNewAsync"] = "what is left half done would be a sign-in that has ended",
            ["JwtSignature.VerifiesAsync"] = "calculates with keys in hand, and waits for nothing",
            ["DynamicClientPersistence.SaveAsync"] = "what the server gave must be kept whoever left",
            ["DynamicClientPersistence.RemoveAsync"] = "follows a client that is deleted already at the server",
        },
        ["OAuthClient.AspNetCore"] = new(StringComparer.Ordinal)
        {
            ["ApplicationSignOut.EndAsync"] = "the framework's SignOutAsync takes none",
            ["BackChannelLogout.AnswerAsync"] = "the request brings its own, RequestAborted",
            ["FrontChannelLogout.AnswerAsync"] = "the request brings its own, RequestAborted",
            ["ThirdPartyInitiatedLogin.AnswerAsync"] = "the request brings its own, RequestAborted",
            ["BrowserAuthorizationEndpoints.ConnectAsync"] = "the request brings its own, RequestAborted",
            ["BrowserAuthorizationEndpoints.SignInAsync"] = "the request brings its own, RequestAborted",
            ["BrowserAuthorizationEndpoints.CallbackAsync"] = "the request brings its own, RequestAborted",
            ["BrowserAuthorizationEndpoints.SignOutAsync"] = "the request brings its own, RequestAborted",
            ["BrowserAuthorizationEndpoints.SignedOutAsync"] = "the request brings its own, RequestAborted",
            ["BrowserAuthorizationPages.WriteAsync"] = "the request brings its own, RequestAborted",
            ["FormRepost.WriteAsync"] = "the request brings its own, RequestAborted",
            ["HtmlPage.WriteAsync"] = "the request brings its own, RequestAborted",
            ["UncheckedSignInWarning.LogOnceAsync"] = "the framework's IAuthenticationSchemeProvider takes none",
        },
        ["OAuthClient.PostgreSql"] = new(StringComparer.Ordinal)
        {
            ["BackgroundTask.Run"] = "the work is everybody's: whoever cancels stops waiting for the task, and nothing else",
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
    public void What_can_be_awaited_can_be_cancelled(string project) =>
        Rule.Holds(
            "Take a CancellationToken last, or give a reason in this test:",
            AsyncMethods.Breaches(SourceTree.Load(project), Allowed.GetValueOrDefault(project) ?? [])
        );

    [TestCase("public Task A() => null!;")]
    [TestCase("internal async Task<int> A(int i) { await Task.Yield(); return i; }")]
    [TestCase("protected virtual ValueTask A() => default;")]
    [TestCase("public static ValueTask<string> A(CancellationToken cancel, int i) => default;")]
    [TestCase("public IAsyncEnumerable<int> A() => null!;")]
    public void A_method_without_it_is_reported(string method) =>
        Assert.That(Breaches($"class One {{ {method} }}"), Is.EqualTo(["One.cs:1 One.A takes no CancellationToken as its last parameter"]));

    [Test]
    public void An_interface_is_asked_in_place_of_those_who_implement_it() =>
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
        "class One : Stream { public override Task FlushAsync(CancellationToken cancel) => null!; public override Task<int> ReadAsync(byte[] b, int o, int c, CancellationToken t) => null!; }"
    )]
    [TestCase(
        "class One : System.Threading.Tasks.Sources.IValueTaskSource { public ValueTask Wait(CancellationToken cancel) => default; }"
    )]
    [TestCase("delegate Task Next(); class One { public Func<Task>? A; public Task Done => null!; }")]
    public void Methods_that_have_it_or_that_others_named_are_fine(string type) => Assert.That(Breaches(type), Is.Empty);

    [Test]
    public void A_reason_allows_one_and_a_reason_no_longer_needed_is_reported()
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
