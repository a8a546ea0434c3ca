using Console;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient;

// Which server plays along: the built-in one, or yours by --issuer https://… --client-id …
await using IDemoEnvironment stage = await DemoEnvironment.ChooseAsync(args);

// Describe the client once. Everything else is found out from the issuer.
var services = new ServiceCollection();
services.AddOAuthClient(o =>
{
    o.Issuer = stage.Issuer;
    o.ClientId = stage.ClientId;
    o.ClientSecret = stage.ClientSecret;
    o.RedirectUri = stage.RedirectUri;
    o.Scopes = stage.Scopes;
    o.DangerouslyAllowHttpOnLoopback = stage.IsOnThisMachine; // the built-in server has no certificate
}).BackChannel.AddHttpMessageHandler(() => new HttpTraceHandler());

// An HttpClient whose requests always carry a token that works, and carry it nowhere else.
services.AddHttpClient("api", http => http.BaseAddress = stage.Api)
    .AddAccessTokenHandler(token => token.ForOwner(GrantOwner.User("me")).To(stage.Api.GetLeftPart(UriPartial.Authority)))
    .AddHttpMessageHandler(() => new HttpTraceHandler());

await using var provider = services.BuildServiceProvider();
var client = provider.GetRequiredService<IOAuthClient>();
using var api = provider.GetRequiredService<IHttpClientFactory>().CreateClient("api");

// Send the user to the authorization server, and get them back with a code.
PendingAuthorization pending = await client.BeginAuthorizationAsync();
Uri callback = await stage.SendBrowserAsync(pending);

// Hold the callback against what was sent, redeem the code, check the ID Token, keep the grant.
Grant grant = await client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("me"));

await api.GetStringAsync(stage.Resource);     // call the API
await stage.WaitForTokenExpiryAsync(client, grant);  // the access token ends …
await api.GetStringAsync(stage.Resource);     // … and nobody notices: it was refreshed on the way
await client.RevokeAsync(GrantOwner.User("me"));   // disconnect: forgotten here, revoked there
HttpTraceHandler.Say("Done. The tokens are revoked, and nothing was written to disk.");
