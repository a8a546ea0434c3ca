using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests.Device;

/// <summary>
/// A scripted server with a device authorization endpoint. The clock moves only to the end of each wait between two polls.
/// </summary>
internal sealed class DeviceServer : IAsyncDisposable
{
    public const string DeviceCode = "the-device-code";
    public const string Success = """{"access_token":"at","token_type":"Bearer","expires_in":3600,"refresh_token":"rt"}""";
    public static readonly GrantOwner Owner = GrantOwner.User("42");

    // No wait of a test has this length, so that its timers are told apart.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(17.5);
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(17.25);

    private readonly Queue<Func<Task<HttpResponseMessage>>> polls = new();
    private readonly List<TimeSpan> waits = [];

    public DeviceServer(
        string? response = null,
        Action<OAuthClientOptions>? options = null,
        Action<OAuthClientBuilder>? register = null,
        Action<IServiceCollection>? registerFirst = null,
        bool retries = false
    )
    {
        Server = new(
            o =>
            {
                o.DeviceAuthorizationEndpoint = new(ScriptedServer.Origin + "/device");
                o.BackChannelDeadline = Deadline;
                o.BackChannelAttemptTimeout = AttemptTimeout;
                options?.Invoke(o);
            },
            register,
            registerFirst,
            retries
        );
        Server.AnswersAsync(request =>
            request.Uri.AbsolutePath == "/device"
                ? Task.FromResult(ScriptedServer.Json(200, response ?? Begun()))
                : polls.Dequeue().Invoke()
        );
    }

    public ScriptedServer Server { get; }
    public DeviceAuthorization Device => Server.Services.GetRequiredService<DeviceAuthorization>();

    /// <summary>Gets the time of each wait in seconds.</summary>
    public IReadOnlyList<double> Waits => [.. waits.Select(wait => wait.TotalSeconds)];

    public IReadOnlyList<ScriptedServer.SentRequest> Polls => [.. Server.Requests.Where(request => request.Uri.AbsolutePath == "/token")];

    /// <summary>Creates a device authorization response.</summary>
    public static string Begun(string members = "", int expiresIn = 600, string uri = "https://as.example/enter") =>
        $$"""{"device_code":"{{DeviceCode}}","user_code":"WDJB-MJHT","verification_uri":"{{uri}}","""
        + $"\"expires_in\":{expiresIn.ToString(CultureInfo.InvariantCulture)}{members}}}";

    public DeviceServer Answers(string json, int status = 200, int? retryAfter = null)
    {
        polls.Enqueue(() =>
        {
            var response = ScriptedServer.Json(status, json);
            if (retryAfter is { } seconds)
                response.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
            return Task.FromResult(response);
        });
        return this;
    }

    public DeviceServer Refuses(string error, int status = 400, int? retryAfter = null) =>
        Answers($"{{\"error\":\"{error}\"}}", status, retryAfter);

    public DeviceServer Fails(Exception fault)
    {
        polls.Enqueue(() => Task.FromException<HttpResponseMessage>(fault));
        return this;
    }

    public DeviceServer AnswersWhen(Task<HttpResponseMessage> response)
    {
        polls.Enqueue(() => response);
        return this;
    }

    public async Task<Grant> CompleteAsync(GrantOwner? owner = null, CancellationToken cancellationToken = default) =>
        await DriveAsync(
            Device.CompleteAsync(await Device.BeginAsync(cancellationToken: cancellationToken), owner ?? Owner, cancellationToken)
        );

    /// <summary>Advances the clock to the end of each wait until the task completes.</summary>
    public async Task<T> DriveAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            using CancellationTokenSource stop = new();
            var timer = Server.Clock.WaitForTimerAsync(stop.Token);
            await Task.WhenAny(task, timer).Promptly();
            if (!timer.IsCompleted)
            {
                await stop.CancelAsync();
                break;
            }
            if (await timer is var due && IsWait(due))
            {
                waits.Add(due);
                Server.Clock.Advance(due);
            }
        }
        return await task.Promptly();
    }

    /// <summary>Waits until the next wait between two polls has begun.</summary>
    public async Task<TimeSpan> WaitAsync()
    {
        while (true)
        {
            var due = await Server.Clock.WaitForTimerAsync().Promptly();
            if (IsWait(due))
                return due;
        }
    }

    private static bool IsWait(TimeSpan due) => due > TimeSpan.Zero && due != Deadline && due != AttemptTimeout;

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
