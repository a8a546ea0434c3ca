using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Mvc;
using OAuthClient;
using OAuthClient.AspNetCore;
using Samples;
using WebApp;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

// The server: the built-in one, or yours by --issuer https://… --client-id … --api https://…
if (Settings.Read(builder.Configuration, args) is { } exitCode)
    return exitCode;
await using var server = await BuiltInServer.StartUnlessConfiguredAsync(builder.Configuration);
ListeningAddress.Expect(builder.Configuration);

// Your own login: here a cookie for each name that is typed.
builder.Services.AddControllersWithViews(o => o.Filters.Add(new AutoValidateAntiforgeryTokenAttribute()));
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(SampleUsers.Cookie);
builder.Services.AddAntiforgery(SampleUsers.Antiforgery);

// Describe the client once: issuer, client id and secret, scopes. Endpoints and keys are discovered from the issuer.
// The page for a denied authorization is the application's own; the pages for expiry and errors are the library's.
builder
    .Services.AddOAuthClient("photos", builder.Configuration.GetSection("Photos"))
    .AddBrowserAuthorization(browser => browser.DeniedPagePath = "/denied");

// An HttpClient whose requests carry the current user's access token, to this origin only.
var api = new Uri(builder.Configuration["Api"]!);
builder
    .Services.AddHttpClient<PhotosApi>(http => http.BaseAddress = api)
    .AddAccessTokenHandler("photos", token => token.ForCurrentUser().To(api));

var app = builder.Build();
app.UseExceptionHandler(ErrorPages.Handler);
app.UseStatusCodePagesWithReExecute("/problem/{0}");
app.Use(ErrorPages.SetSecurityHeaders);
app.UseStaticFiles();
app.UseAuthentication();
app.UseAuthorization();
app.MapControllers();

try
{
    // Maps /oauth/photos/connect, the callback at the path of the redirect URI, and their pages.
    app.MapBrowserAuthorization("photos");
    await app.StartAsync();
    ListeningAddress.Announce(app, server);
    // The server is reached for the first time here, and not when the first user connects.
    await app.Services.GetRequiredKeyedService<IOAuthClient>("photos").BeginAuthorizationAsync();
}
catch (Exception exception) when (StartError.Describe(exception) is { } sentence)
{
    Console.Error.WriteLine(sentence);
    return 1;
}
await app.WaitForShutdownAsync();
return 0;
