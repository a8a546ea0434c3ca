using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Threat: cookies that the API sets for one owner are sent with the access token of another, by the handler that they
/// share.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CookieTests
{
    private const int CookiesDisabled = 601;
    private const int CookieSettingUnknown = 602;

    private static IEnumerable<TestCaseData> PrimaryHandlers()
    {
        yield return Case("default of IHttpClientFactory", _ => { });
        yield return Case("SocketsHttpHandler", http => http.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler()));
        yield return Case(
            "SocketsHttpHandler with a container",
            http => http.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseCookies = true, CookieContainer = new() })
        );
        yield return Case("HttpClientHandler", http => http.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler()));
        yield return Case("derived HttpClientHandler", http => http.ConfigurePrimaryHttpMessageHandler(() => new DerivedHandler()));
        yield return Case(
            "wrapped SocketsHttpHandler",
            http => http.ConfigurePrimaryHttpMessageHandler(() => new Passing(new Passing(new SocketsHttpHandler())))
        );
        yield return Case(
            "wrapped HttpClientHandler",
            http => http.ConfigurePrimaryHttpMessageHandler(() => new Passing(new HttpClientHandler()))
        );
        yield return Case(
            "configured in place",
            http => http.ConfigurePrimaryHttpMessageHandler((handler, _) => ((SocketsHttpHandler)handler).UseCookies = true)
        );
        yield return Case("UseSocketsHttpHandler", http => http.UseSocketsHttpHandler((handler, _) => handler.UseCookies = true));
        yield return Case(
            "defaults of all clients",
            http =>
                http.Services.ConfigureHttpClientDefaults(all =>
                    all.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler { UseCookies = true })
                )
        );
        yield return Case(
            "UseSocketsHttpHandler in the defaults of all clients",
            http => http.Services.ConfigureHttpClientDefaults(all => all.UseSocketsHttpHandler((handler, _) => handler.UseCookies = true))
        );
        yield return Case(
            "options configured last",
            http =>
                http.Services.PostConfigureAll<HttpClientFactoryOptions>(options =>
                    options.HttpMessageHandlerBuilderActions.Add(handlers => handlers.PrimaryHandler = new SocketsHttpHandler())
                )
        );
        yield return Case("builder filter", http => http.Services.AddSingleton<IHttpMessageHandlerBuilderFilter, PrimaryFilter>());

        static TestCaseData Case(string name, Action<IHttpClientBuilder> configure) => new TestCaseData(configure).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(PrimaryHandlers))]
    [Description(
        "The second owner's request carries no cookie of the first, however the primary handler is configured after "
            + "AddAccessTokenHandler"
    )]
    public async Task Cookies_are_not_shared(Action<IHttpClientBuilder> configure)
    {
        await using var host = await StartAsync(t => t.ForRequestOwner(), after: configure);
        Assert.That(await CookieOfSecondAsync(host), Is.Null);
        Assert.That(host.Api.Requests, Has.Count.EqualTo(2));
        Assert.That(host.Log.Events(CookiesDisabled).Single().Message, Does.Contain("'api'"));
    }

    [TestCaseSource(nameof(PrimaryHandlers))]
    [Description("The same for the current user, with the primary handler configured before AddAccessTokenHandler")]
    public async Task Cookies_are_not_shared_between_users(Action<IHttpClientBuilder> configure)
    {
        await using var host = await StartAsync(
            t => t.ForCurrentUser(),
            before: http =>
            {
                http.Services.AddSingleton<ICurrentGrantOwner, NoCurrentUser>();
                configure(http);
            }
        );
        Assert.That(await CookieOfSecondAsync(host), Is.Null);
        Assert.That(host.Api.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("A typed client behaves like a named one")]
    public async Task Typed_client()
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
                http
                    .Services.AddHttpClient<PhotosApi>(client => client.BaseAddress = api.BaseAddress)
                    .AddAccessTokenHandler("photos", t => t.ForRequestOwner().To(api.BaseAddress))
        );
        Assert.That(await CookieOfSecondAsync(host, host.Services.GetRequiredService<PhotosApi>().Http), Is.Null);
    }

    [Test]
    [Description("The client itself, and one fixed owner, are one identity each: their cookies are kept")]
    public async Task One_identity_keeps_its_cookies([Values] bool isClient)
    {
        await using var host = await StartAsync(t => isClient ? t.ForClient() : t.ForOwner(GrantOwner.User("alice")));
        await host.SignedInAsync("alice");
        SetCookieOnce(host);
        await host.Http.GetStringAsync("/me");
        await host.Http.GetStringAsync("/me");
        Assert.That(host.Api.Requests[1].Headers["Cookie"], Is.EqualTo("session=of-the-first"));
        Assert.That(host.Log.Events(CookiesDisabled), Is.Empty);
    }

    [Test]
    [Description("The option enables cookies again, and a warning is logged once")]
    public async Task Cookies_enabled_by_the_option()
    {
        await using var host = await StartAsync(t => t.ForRequestOwner().DangerouslyAllowCookies());
        Assert.That(await CookieOfSecondAsync(host), Is.EqualTo("session=of-the-first"));
        var entry = host
            .Log.Events(DangerousOptionsTests.Event)
            .Single(one => one.Message.Contains("HTTP client", StringComparison.Ordinal));
        Assert.That(entry.Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(entry.Message, Does.Contain("DangerouslyAllowCookies").And.Contain("'api'"));
        Assert.That(host.Log.Events(CookiesDisabled), Is.Empty);
    }

    [TestCase("unwrapped", true, "another client")]
    [TestCase("unwrapped", false, "another client")]
    [TestCase("wrapped", true, "another client")]
    [TestCase("wrapped", false, "another client")]
    [TestCase("unwrapped", true, "by itself")]
    [TestCase("wrapped", true, "by itself")]
    [TestCase("wrapped", false, "by itself")]
    [Description(
        "A handler that has already sent a request with cookies enabled cannot be changed: the client fails at its first use, "
            + "and the message says what to write"
    )]
    public async Task Handler_that_has_sent_a_request(string shape, bool useCookies, string sentBy)
    {
        using SocketsHttpHandler shared = new() { UseCookies = useCookies };
        await using var host = await StartAsync(
            t => t.ForRequestOwner(),
            after: http =>
            {
                http.ConfigurePrimaryHttpMessageHandler(() => shape == "wrapped" ? new Passing(shared) : shared);
                http.Services.AddHttpClient("another").ConfigurePrimaryHttpMessageHandler(() => shared);
            }
        );
        using (
            HttpMessageInvoker other =
                sentBy == "by itself"
                    ? new(shared, disposeHandler: false)
                    : host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("another")
        )
        {
            (await other.SendAsync(new(HttpMethod.Get, host.Api.BaseAddress), default)).Dispose();
        }
        host.Api.ClearRequests();
        if (useCookies)
        {
            Assert.That(
                () => host.Http,
                Throws
                    .InvalidOperationException.With.Message.Contain("'api'")
                    .And.Message.Contain("UseCookies = false")
                    .And.Message.Contain("DangerouslyAllowCookies()")
            );
            Assert.That(host.Api.Requests, Is.Empty);
        }
        else
        {
            Assert.That(await CookieOfSecondAsync(host), Is.Null);
        }
    }

    [Test]
    [Description("A handler of an unknown type is used unchanged, with a warning; the next pipeline of the pool logs no second warning")]
    public async Task Unknown_handler()
    {
        int handlers = 0;
        await using var host = await StartAsync(
            t => t.ForRequestOwner(),
            after: http =>
                http.SetHandlerLifetime(TimeSpan.FromSeconds(1))
                    .ConfigurePrimaryHttpMessageHandler(() =>
                    {
                        Interlocked.Increment(ref handlers);
                        return new OtherHandler();
                    })
        );
        await Eventually.UntilAsync(() => Volatile.Read(ref handlers) > 1, () => Task.FromResult(host.Http));
        var entry = host.Log.Events(CookieSettingUnknown).Single();
        Assert.That(entry.Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(entry.Message, Does.Contain("'api'").And.Contain(nameof(OtherHandler)));
        Assert.That(host.Log.Events(CookiesDisabled), Is.Empty);
    }

    [Test]
    [Description("Credentials of the shared handler would be sent for a challenge in one name for all owners, instead of the access token")]
    public async Task Shared_credentials([Values("SocketsHttpHandler", "HttpClientHandler", "UseDefaultCredentials")] string handler)
    {
        NetworkCredential account = new("shared", "password");
        HttpMessageHandler primary = handler switch
        {
            "SocketsHttpHandler" => new Passing(new SocketsHttpHandler { Credentials = account }),
            "HttpClientHandler" => new HttpClientHandler { Credentials = account, PreAuthenticate = true },
            _ => new HttpClientHandler { UseDefaultCredentials = true },
        };
        await using var host = await StartAsync(
            t => t.ForRequestOwner(),
            after: http => http.ConfigurePrimaryHttpMessageHandler(() => primary)
        );
        Assert.That(
            () => host.Http,
            Throws
                .InvalidOperationException.With.Message.Contain("'api'")
                .And.Message.Contain("Credentials")
                .And.Message.Not.Contain("password")
        );
    }

    private static Task<OAuthTestHost> StartAsync(
        Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions> selectOwner,
        Action<IHttpClientBuilder>? before = null,
        Action<IHttpClientBuilder>? after = null
    ) =>
        OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                before?.Invoke(http);
                http.AddAccessTokenHandler("photos", t => selectOwner(t).To(api.BaseAddress));
                after?.Invoke(http);
            }
        );

    private static void SetCookieOnce(OAuthTestHost host) =>
        host.Api.Faults.Add(
            TestEndpoint.Resource,
            Fault.Status(200, "{}", headers: [new("Set-Cookie", "session=of-the-first; Path=/")]),
            times: 1
        );

    /// <returns>The cookie of the second owner's request, after the API set one for the first.</returns>
    private static async Task<string?> CookieOfSecondAsync(OAuthTestHost host, HttpClient? http = null)
    {
        await host.SignInAsync("alice");
        var grant = await host.SignInAsync("bob");
        http ??= host.Http;
        SetCookieOnce(host);
        foreach (string owner in new[] { "alice", "bob" })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/me");
            request.SetGrantOwner(GrantOwner.User(owner));
            using var response = await http.SendAsync(request);
            response.EnsureSuccessStatusCode();
        }
        var second = host.Api.Requests[^1];
        Assert.That(second.Headers["Authorization"], Is.EqualTo("Bearer " + grant.AccessToken!.Reveal()));
        return second.Headers.GetValueOrDefault("Cookie");
    }

    private sealed class PhotosApi(HttpClient http)
    {
        public HttpClient Http => http;
    }

    private sealed class NoCurrentUser : ICurrentGrantOwner
    {
        public GrantOwner? Find() => null;
    }

    private sealed class Passing(HttpMessageHandler inner) : DelegatingHandler(inner);

    private sealed class DerivedHandler : HttpClientHandler;

    private sealed class OtherHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage());
    }

    private sealed class PrimaryFilter : IHttpMessageHandlerBuilderFilter
    {
        public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) =>
            handlers =>
            {
                next(handlers);
                if (handlers.Name == "api")
                    handlers.PrimaryHandler = new SocketsHttpHandler();
            };
    }
}
