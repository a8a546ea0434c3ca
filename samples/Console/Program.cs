using Console;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient;

// Which server plays along: the built-in one, or yours by --issuer https://… --client-id …
await using IDemoEnvironment environment = await DemoEnvironment.ChooseAsync(args);

// Describe the client once. Everything else is found out from the issuer.
var services = new ServiceCollection();
services
    .AddOAuthClient(o =>
    {
        o.Issuer = environment.Issuer;
        o.ClientId = environment.ClientId;
        o.ClientSecret = environment.ClientSecret;
        o.RedirectUri = environment.RedirectUri;
        o.Scopes = environment.Scopes;
        o.DangerouslyAllowHttpOnLoopback = environment.IsOnThisMachine; // the built-in server has no certificate
    })
    .BackChannel.AddHttpMessageHandler(() => new HttpTraceHandler());

// An HttpClient whose requests always carry a token that works, and carry it nowhere else.
services
    .AddHttpClient("api", http => http.BaseAddress = environment.Api)
    .AddAccessTokenHandler(token => token.ForOwner(GrantOwner.User("me")).To(environment.Api.GetLeftPart(UriPartial.Authority)))
    .AddHttpMessageHandler(() => new HttpTraceHandler());

await using var provider = services.BuildServiceProvider();
var client = provider.GetRequiredService<IOAuthClient>();
using var api = provider.GetRequiredService<IHttpClientFactory>().CreateClient("api");

// Send the user to the authorization server, and get them back with a code.
PendingAuthorization pending = await client.BeginAuthorizationAsync();
Uri callback = await environment.SendBrowserAsync(pending);

// Hold the callback against what was sent, redeem the code, check the ID Token, keep the grant.
Grant grant = await client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("me"));

await api.GetStringAsync(environment.Resource); // call the API
await environment.WaitForTokenExpiryAsync(client, grant); // the access token ends …
await api.GetStringAsync(environment.Resource); // … and nobody notices: it was refreshed on the way
await client.RevokeAsync(GrantOwner.User("me")); // disconnect: forgotten here, revoked there
HttpTraceHandler.Say("Done. The tokens are revoked, and nothing was written to disk.");
