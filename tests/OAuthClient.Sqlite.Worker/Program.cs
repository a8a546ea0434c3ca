using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient;
using OAuthClient.Sqlite;

// One process of an application. It signs users in, uses and revokes their grants until its input ends, and reports each step as a line.
if (args is not [var name, var server, var file, var users])
    return 2;

ServiceCollection services = new();
services
    .AddOAuthClient(options =>
    {
        options.ClientId = "worker";
        options.ClientSecret = "a secret of no worth";
        options.AuthorizationEndpoint = new Uri($"{server}authorize");
        options.TokenEndpoint = new Uri($"{server}token");
        options.RedirectUri = new("https://client.example/callback");
        options.BackChannelDeadline = TimeSpan.FromSeconds(6);
        options.DangerouslyAllowHttpOnLoopback = true;
    })
    .BackChannel.ConfigureHttpClient(http => http.DefaultRequestHeaders.Add("X-Node", name));
services.AddSqliteGrantStore(options => options.Path = file);
await using var provider = services.BuildServiceProvider();
var client = provider.GetRequiredService<IOAuthClient>();
int count = int.Parse(users, CultureInfo.InvariantCulture);

using CancellationTokenSource inputEnded = new();
_ = Task.Run(async () =>
{
    await Console.In.ReadToEndAsync();
    await inputEnded.CancelAsync();
});
while (!inputEnded.IsCancellationRequested)
{
    string user = string.Create(CultureInfo.InvariantCulture, $"user-{RandomNumberGenerator.GetInt32(count)}");
    string step;
    try
    {
        step = await StepAsync(user);
    }
    catch (Exception exception)
    {
        step = $"failed {exception.GetType().Name} {exception.Message.ReplaceLineEndings(" ")}";
    }
    await Console.Out.WriteLineAsync(step);
}
return 0;

async Task<string> StepAsync(string user)
{
    var owner = GrantOwner.User(user);
    if (RandomNumberGenerator.GetInt32(50) == 0)
    {
        await client.RevokeAsync(owner);
        return "revoked";
    }
    try
    {
        await client.GetAccessTokenAsync(owner);
        return "used";
    }
    catch (ReauthorizationRequiredException)
    {
        // The code names the grant at the server, which begins a new one with each sign-in.
        string code = $"{user}-{RandomNumberGenerator.GetHexString(8)}";
        var pending = await client.BeginAuthorizationAsync();
        string state = pending
            .AuthorizationUri.Query.TrimStart('?')
            .Split('&')
            .First(part => part.StartsWith("state=", StringComparison.Ordinal));
        await client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(new Uri($"https://client.example/callback?code={code}&{state}")),
            owner
        );
        return "signed in";
    }
}
