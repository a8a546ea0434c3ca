using Cli;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient;
using OAuthClient.Interactive;
using Samples;

try
{
    // The server: the built-in one, or yours by --issuer https://… --client-id … --api https://…
    await using CliServer server = await CliServer.ChooseAsync(args);
    Uri api = server.Api;

    var services = new ServiceCollection();
    services.AddOAuthClient(o =>
    {
        o.Issuer = server.Issuer;
        o.ClientId = server.ClientId;
        o.RedirectUri = new Uri("http://127.0.0.1/callback");
        o.Scopes = ["openid", "profile", "offline_access"];
        o.DangerouslyAllowHttpOnLoopback = server.Issuer.IsLoopback; // the built-in server has no certificate
    });
    services.AddHttpClient("api").AddAccessTokenHandler(t => t.ForOwner(GrantOwner.User("me")).To(api.GetLeftPart(UriPartial.Authority)));
    await using var provider = services.BuildServiceProvider();
    var client = provider.GetRequiredService<IOAuthClient>();

    Grant grant = await client.SignInWithBrowserAsync(new() { ApplicationName = "the sample" });
    Console.WriteLine($"You are signed in as {grant.StandardClaims?.Name ?? grant.Subject}.");
    Console.WriteLine(await provider.GetRequiredService<IHttpClientFactory>().CreateClient("api").GetStringAsync(api));
    await client.RevokeAsync(GrantOwner.User("me"));
    Console.WriteLine("You are signed out. The tokens are revoked, and nothing was written to disk.");
    return 0;
}
catch (Exception exception) when (StartError.Describe(exception) is { } sentence)
{
    Console.Error.WriteLine(sentence);
    return 1;
}
