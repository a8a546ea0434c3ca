using Console;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient;
using Samples;

try
{
    // The server: the built-in one, or yours by --issuer https://… --client-id … --api https://…
    await using IDemoEnvironment environment = await DemoEnvironment.ChooseAsync(args);

    // Describe the client once. Endpoints and keys are discovered from the issuer.
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

    // An HttpClient whose requests carry a valid access token, to this origin only.
    services
        .AddHttpClient("api", http => http.BaseAddress = environment.Api)
        .AddAccessTokenHandler(token => token.ForOwner(GrantOwner.User("me")).To(environment.Api.GetLeftPart(UriPartial.Authority)))
        .AddHttpMessageHandler(() => new HttpTraceHandler());

    await using var provider = services.BuildServiceProvider();
    var client = provider.GetRequiredService<IOAuthClient>();
    using var api = provider.GetRequiredService<IHttpClientFactory>().CreateClient("api");

    // Send the user to the authorization server. The browser comes back with a code.
    PendingAuthorization pending = await client.BeginAuthorizationAsync();
    Uri callback = await environment.SendBrowserAsync(pending);

    // Compare the callback with the pending authorization, redeem the code, validate the ID Token, store the grant.
    Grant grant = await client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("me"));

    await api.GetStringAsync(environment.Resource); // call the API
    await environment.WaitForTokenExpiryAsync(client, grant); // the access token expires
    await api.GetStringAsync(environment.Resource); // the handler refreshes it first
    await client.RevokeAsync(GrantOwner.User("me")); // remove the grant here, and revoke it at the server
    HttpTraceHandler.Say("Done. The tokens are revoked, and nothing was written to disk.");
    return 0;
}
catch (Exception exception) when (StartError.Describe(exception) is { } sentence)
{
    System.Console.Error.WriteLine(sentence);
    return 1;
}
