using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Mvc;
using OAuthClient;
using OAuthClient.AspNetCore;
using WebApp;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

// Which server plays along: the built-in one, or yours by --issuer https://… --client-id … --api https://…
if (!Settings.Read(builder.Configuration, args))
    return;
await using var server = await BuiltInServer.StartUnlessConfiguredAsync(builder.Configuration);
ListeningAddress.Expect(builder.Configuration);

// Your own login: here a cookie for whoever types a name.
builder.Services.AddControllersWithViews(o => o.Filters.Add(new AutoValidateAntiforgeryTokenAttribute()));
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(SampleUsers.Cookie);
builder.Services.AddAntiforgery(SampleUsers.Antiforgery);

// Describe the client once: issuer, client id and secret, scopes. Everything else is found out from the issuer.
// The page for a denied authorization is this application's own; the pages for expiry and errors are the library's.
builder
    .Services.AddOAuthClient("photos", builder.Configuration.GetSection("Photos"))
    .AddBrowserAuthorization(browser => browser.DeniedPagePath = "/denied");

// An HttpClient whose requests carry the current user's access token, and carry it nowhere else.
var api = new Uri(builder.Configuration["Api"]!);
builder
    .Services.AddHttpClient<PhotosApi>(http => http.BaseAddress = api)
    .AddAccessTokenHandler("photos", token => token.ForCurrentUser().To(api));

var app = builder.Build();
app.UseExceptionHandler(ErrorPages.Handler);
app.Use(ErrorPages.SetSecurityHeaders);
app.UseStaticFiles();
app.UseAuthentication();
app.UseAuthorization();
app.MapControllers();

// Maps /oauth/photos/connect, the callback at the path of the redirect URI, and their pages.
app.MapBrowserAuthorization("photos");

await app.StartAsync();
ListeningAddress.Announce(app, server);
await app.WaitForShutdownAsync();
