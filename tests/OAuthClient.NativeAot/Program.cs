using System.Buffers.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OAuthClient;
using OAuthClient.Ed25519;
using OAuthClient.PostgreSql;

// A user connects, and the program calls an API twice as the user. NativeAotTests runs it and acts as the browser: a line of the output
// asks, and a line of the input answers. The configuration states how the client authenticates, and whether its tokens are bound to a key.
var builder = Host.CreateEmptyApplicationBuilder(new() { Args = args });
builder.Services.AddOAuthClient("photos", builder.Configuration.GetSection("Photos"));
builder.Services.AddOAuthClientEd25519();
builder.Services.AddPostgresGrantStore(o =>
{
    o.ConnectionString = builder.Configuration.GetConnectionString("Grants");
    o.Schema = builder.Configuration["Schema"]!;
    o.EncryptWith("first", builder.Configuration["Key"]);
});
Uri address = new(builder.Configuration["Api"]!);
builder
    .Services.AddHttpClient("api", http => http.BaseAddress = address)
    .AddAccessTokenHandler("photos", t => t.ForOwner(GrantOwner.User("me")).To(address));
using var host = builder.Build();
await host.StartAsync();

var client = host.Services.GetRequiredKeyedService<IOAuthClient>("photos");
using var api = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");

var pending = await client.BeginAuthorizationAsync();
var callback = await AskAsync($"authorize {pending.AuthorizationUri}");
await client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(new Uri(callback)), GrantOwner.User("me"));
await AskAsync($"called {await api.GetStringAsync("/me")}");
await AskAsync($"called {await api.GetStringAsync("/me")}");
var grant = await client.FindGrantAsync(GrantOwner.User("me"));
Console.WriteLine($"generation {grant?.Generation}");
Console.WriteLine($"token_type {grant?.AccessToken?.TokenType}");
var key = Ed25519SigningKey.Create();
var signature = await key.SignAsync("data"u8.ToArray(), CancellationToken.None);
var publicKey = Base64Url.DecodeFromChars(JsonDocument.Parse(key.PublicJwk).RootElement.GetProperty("x").GetString());
Console.WriteLine($"Ed25519 {host.Services.GetRequiredService<IEd25519>().Verify(publicKey, "data"u8, signature)}");
await host.StopAsync();

static async Task<string> AskAsync(string line)
{
    Console.WriteLine(line);
    return await Console.In.ReadLineAsync() ?? throw new EndOfStreamException("The input ended.");
}
