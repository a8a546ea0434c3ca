using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>A server and a client whose secrets are unique marker values, with a recorder of all telemetry.</summary>
internal sealed class CanaryHost : IAsyncDisposable
{
    // The owner's identifier is not a secret but is personal. It may appear in exceptions only.
    public const string Owner = "owner-canary-51c2";
    public const string ClientSecret = "canary secret/+&:%|-7d1f";

    private const string Callback = "http://127.0.0.1:5005/callback";

    private readonly CanaryEavesdropper recorder = new();
    private readonly ConcurrentDictionary<string, bool> secrets = new();
    private readonly ServiceProvider provider;

    private CanaryHost(TestAuthorizationServer server, TestResourceServer api)
    {
        Server = server;
        Api = api;
        server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = ClientSecret,
                RedirectUris = { Callback },
            }
        );
        server.Options.OnTokenResponse = response =>
        {
            foreach (string name in new[] { "access_token", "refresh_token", "id_token" })
                AddSecret((string?)response[name]);
        };
        AddSecret(ClientSecret);
        AddSecret(WebUtility.UrlEncode(ClientSecret));
        AddSecret(Uri.EscapeDataString(ClientSecret));
        AddSecret(Convert.ToBase64String(Encoding.ASCII.GetBytes("photos:" + WebUtility.UrlEncode(ClientSecret))));

        Options = new()
        {
            Issuer = server.Issuer,
            ClientId = "photos",
            ClientSecret = ClientSecret,
            RedirectUri = new(Callback),
            Scopes = ["openid", "profile", "offline_access"],
            DangerouslyAllowHttpOnLoopback = true,
        };
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(recorder));
        services
            .AddOAuthClient(
                "photos",
                o =>
                {
                    foreach (var property in typeof(OAuthClientOptions).GetProperties())
                        property.SetValue(o, property.GetValue(Options));
                }
            )
            .UseResilience(_ => { });
        services
            .AddHttpClient("api", http => http.BaseAddress = api.BaseAddress)
            .AddAccessTokenHandler("photos", t => t.ForOwner(GrantOwner.User(Owner)).To(api.BaseAddress));
        provider = services.BuildServiceProvider();
    }

    public TestAuthorizationServer Server { get; }
    public TestResourceServer Api { get; }
    public OAuthClientOptions Options { get; }
    public IOAuthClient Client => provider.GetRequiredKeyedService<IOAuthClient>("photos");
    public IEnumerable<string> Secrets => secrets.Keys;

    public static async Task<CanaryHost> StartAsync()
    {
        var server = await TestAuthorizationServer.StartAsync();
        return new(server, await server.StartResourceServerAsync());
    }

    public HttpClient Http() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api");

    public async Task<PendingAuthorization> BeginAsync()
    {
        var pending = await Client.BeginAuthorizationAsync();
        AddSecret(pending.State);
        AddSecret(pending.Nonce);
        AddSecret(pending.CodeVerifier!.Reveal());
        return pending;
    }

    public async Task<Uri> SignInAsync(PendingAuthorization pending)
    {
        var callback = await Server.SignInAsync(pending.AuthorizationUri);
        AddSecret(QueryPairs.Single(callback)["code"]);
        return callback;
    }

    public async Task<Grant> LogInAsync()
    {
        var pending = await BeginAsync();
        return await Client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(await SignInAsync(pending)),
            GrantOwner.User(Owner)
        );
    }

    public async Task ProvokeAsync(Func<Task> act, Fault? fault = null, TestEndpoint endpoint = TestEndpoint.Token, bool mayPass = false)
    {
        if (fault is not null)
            Server.Faults.Add(endpoint, fault);
        try
        {
            await act();
        }
        catch (Exception exception)
        {
            for (var current = exception; current is not null; current = current.InnerException)
            {
                recorder.Record("exception", current);
                Examine(current);
                foreach (var property in current.GetType().GetProperties().Where(property => property.Name != "TargetSite"))
                    recorder.Record("exception property " + property.Name, property.GetValue(current));
            }
            return;
        }
        finally
        {
            Server.Faults.Clear();
        }
        Assert.That(mayPass, Is.True, $"No exception was thrown for {fault}.");
    }

    public void Examine(params object[] objects)
    {
        foreach (object item in objects)
        {
            recorder.Record("text", item);
            recorder.Record(
                "display",
                string.Join(
                    ' ',
                    item.GetType()
                        .GetCustomAttributes(inherit: true)
                        .OfType<System.Diagnostics.DebuggerDisplayAttribute>()
                        .Select(display => display.Value)
                )
            );
            foreach (object shape in new[] { item, new { item }, new[] { item } })
            {
                try
                {
                    recorder.Record("JSON", JsonSerializer.Serialize(shape));
                }
                catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or JsonException)
                {
                    recorder.Record("JSON exception", exception);
                }
            }
        }
    }

    public void AssertNoSecretWasRecorded(int atLeastSecrets)
    {
        Assert.That(secrets, Has.Count.AtLeast(atLeastSecrets), "too few secrets were collected for the test to be meaningful");
        recorder.RecordObservableInstruments();
        Assert.That(
            recorder.Recorded,
            Has.Some.StartsWith("log OAuthClient").And.Some.StartsWith("activity OAuthClient").And.Some.StartsWith("meter oauthclient."),
            "no telemetry was recorded"
        );
        Assert.That(
            recorder
                .Recorded.Where(recorded =>
                    recorded.Contains(Owner, StringComparison.OrdinalIgnoreCase)
                    && (
                        recorded.StartsWith("log", StringComparison.Ordinal)
                        || recorded.StartsWith("activity", StringComparison.Ordinal)
                        || recorded.StartsWith("meter", StringComparison.Ordinal)
                    )
                )
                .Take(5),
            Is.Empty,
            "the owner appears in telemetry"
        );
        var hits =
            from recorded in recorder.Recorded
            from secret in secrets.Keys
            where recorded.Contains(secret, StringComparison.OrdinalIgnoreCase)
            select $"'{secret}' in {recorded}";
        Assert.That(hits.Take(5), Is.Empty);
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        await Api.DisposeAsync();
        await Server.DisposeAsync();
        recorder.Dispose();
    }

    public void AddSecret(string? secret)
    {
        if (secret is not null)
            secrets[secret] = true;
    }
}
