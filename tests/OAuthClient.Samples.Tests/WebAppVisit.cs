using Microsoft.Playwright;
using OAuthClient.Testing;

namespace OAuthClient.Samples.Tests;

/// <summary>
/// The web sample in its own process at <c>localhost</c>, an authorization server at <c>127.0.0.1</c>, which is another site to a
/// browser, and browsers with an empty profile.
/// </summary>
internal sealed class WebAppVisit : IAsyncDisposable
{
    private readonly Chromium chromium;
    private readonly SampleProcess sample;
    private readonly List<IBrowserContext> contexts = [];

    private WebAppVisit(Chromium chromium, TestAuthorizationServer server, TestResourceServer api, SampleProcess sample, string address)
    {
        this.chromium = chromium;
        this.sample = sample;
        Server = server;
        Api = api;
        Address = address;
    }

    public TestAuthorizationServer Server { get; }
    public TestResourceServer Api { get; }
    public string Address { get; }
    public int TokenRequests => Server.RequestsTo(TestEndpoint.Token).Count;

    public static async Task<WebAppVisit> StartAsync(Chromium chromium, params string[] arguments)
    {
        var server = await TestAuthorizationServer.StartAsync();
        var api = await server.StartResourceServerAsync(o => o.RequiredScope = "photos.read");
        var started = SampleProcess.Start(
            "WebApp",
            [
                "--urls",
                "http://127.0.0.1:0",
                "--issuer",
                server.Issuer.OriginalString,
                "--client-id",
                "mine",
                "--client-secret",
                "s",
                "--api",
                api.BaseAddress.OriginalString,
                "--Photos:DangerouslyAllowHttpOnLoopback",
                "true",
                "--Photos:Scopes:0",
                "openid",
                "--Photos:Scopes:1",
                "photos.read",
                "--Photos:Scopes:2",
                "offline_access",
                .. arguments,
            ]
        );
        string address = await started.AddressAsync();
        server.AddClient(
            new TestClient
            {
                ClientId = "mine",
                ClientSecret = "s",
                DisplayName = "Passepartout",
                RedirectUris = { address + "/callback" },
            }
        );
        return new(chromium, server, api, started, address);
    }

    public async Task<IBrowserContext> OpenBrowserAsync(BrowserNewContextOptions? options = null)
    {
        var context = await chromium.Browser.NewContextAsync(options);
        contexts.Add(context);
        return context;
    }

    /// <summary>Opens a page of a new browser, signs in and shows the start page.</summary>
    public async Task<IPage> SignInAsync(string name = "Ann", BrowserNewContextOptions? options = null)
    {
        var page = await (await OpenBrowserAsync(options)).NewPageAsync();
        await page.SignInAsync(Address, name);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var context in contexts)
            await context.DisposeAsync();
        sample.Dispose();
        await Api.DisposeAsync();
        await Server.DisposeAsync();
    }
}

/// <summary>The steps of a visitor on the pages.</summary>
internal static class VisitorSteps
{
    public static async Task<string> AddressAsync(this SampleProcess sample) =>
        (
            await sample.WaitForAsync(
                new("^Now listening on http://localhost:[0-9]+$", System.Text.RegularExpressions.RegexOptions.NonBacktracking)
            )
        ).Split(' ')[^1];

    public static async Task SignInAsync(this IPage page, string address, string name)
    {
        await page.GotoAsync(address + "/sign-in");
        await page.GetByLabel("Your name").FillAsync(name);
        await page.ClickAsync("main button");
        await Assertions.Expect(page.Locator(".who")).ToHaveTextAsync(name);
    }

    public static Task BeginAsync(this IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Connect" }).ClickAsync();

    /// <summary>Signs in on the page of the authorization server.</summary>
    public static async Task LogInAsync(this IPage page, string user = "alice")
    {
        await page.GetByLabel("User name").FillAsync(user);
        await page.GetByLabel("Password").FillAsync(user);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    public static Task AllowAsync(this IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Allow" }).ClickAsync();

    /// <summary>Continues on a page whose form a script, or without script a click, posts.</summary>
    public static Task ContinueAsync(this IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();

    public static Task DenyAsync(this IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Deny" }).ClickAsync();

    public static Task SeesAsync(this IPage page, string heading) => Assertions.Expect(page.Locator("h1")).ToHaveTextAsync(heading);

    public static async Task SeesPhotosAsync(this IPage page)
    {
        await page.SeesAsync("Photos");
        await Assertions.Expect(page.GetByText("Morning at the lake")).ToBeVisibleAsync();
    }

    public static async Task ConnectAsync(this IPage page)
    {
        await page.BeginAsync();
        await page.LogInAsync();
        await page.AllowAsync();
        await page.SeesPhotosAsync();
    }
}
