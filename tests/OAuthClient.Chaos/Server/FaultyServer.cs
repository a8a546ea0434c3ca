using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TokenResponseDeviation = OAuthClient.Testing.TokenResponseDeviation;

namespace OAuthClient.Chaos.Server;

/// <summary>
/// An authorization server that injects faults according to a plan, and the API that accepts its tokens. It is independent of the library
/// and sees only the requests.
/// </summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    public const string NodeHeader = "X-Node";
    public static readonly TimeSpan AccessTokenExpiry = TimeSpan.FromSeconds(5);

    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, TokenFamily> families = new(StringComparer.Ordinal);
    private readonly Reuse reuse;
    private readonly FaultPlan plan;
    private readonly Func<string, bool> wasRecentlySuspended;
    private readonly TimeProvider time = TimeProvider.System;
    private int tokenRequests;
    private int signIns;
    private int stale;
    private int refreshes;
    private int deviations;
    private int apiCalls;
    private int apiRefusals;

    private FaultyServer(Reuse reuse, FaultPlan plan, Func<string, bool> wasRecentlySuspended, KeyBinding keys)
    {
        Bound = new(keys, time);
        (this.reuse, this.plan, this.wasRecentlySuspended) = (reuse, plan, wasRecentlySuspended);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapPost("/token", TokenAsync);
        app.MapGet("/api", Api);
    }

    /// <summary>Gets or sets the response time of the token endpoint.</summary>
    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Gets or sets a value indicating whether faults are injected.</summary>
    public bool InjectsFaults { get; set; }

    public Uri Address => new(app.Urls.First());
    public IReadOnlyCollection<TokenFamily> Families => (IReadOnlyCollection<TokenFamily>)families.Values;
    public int Refreshes => refreshes;

    /// <summary>Gets the keys of the tokens, and the proofs.</summary>
    public BoundTokens Bound { get; }

    /// <summary>Gets the number of all token requests, including those that were refused.</summary>
    public int TokenRequests => tokenRequests;

    /// <summary>Gets the number of authorization codes that were redeemed.</summary>
    public int SignIns => signIns;

    /// <summary>Gets the number of responses whose form deviated.</summary>
    public int Deviations => deviations;
    public int StalePresentations => stale;
    public int ApiCalls => apiCalls;
    public int ApiRefusals => apiRefusals;
    public int MostPresentations => families.Values.Max(family => family.MostPresentations);

    public static async Task<FaultyServer> StartAsync(Reuse reuse, FaultPlan plan, Func<string, bool> wasRecentlySuspended, KeyBinding keys)
    {
        FaultyServer server = new(reuse, plan, wasRecentlySuspended, keys);
        await server.app.StartAsync();
        return server;
    }

    public TokenFamily Family(string owner) => families[owner];

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task TokenAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        string node = context.Request.Headers[NodeHeader].ToString();
        Interlocked.Increment(ref tokenRequests);
        if (await Bound.CheckAsync(context, form["code"].ToString() + form["refresh_token"]) is not { } key)
            return;
        if (form["grant_type"] == "authorization_code")
        {
            string owner = form["code"].ToString();
            var begun = families.GetOrAdd(owner, name => new TokenFamily(name, reuse, time));
            Bound.MayRefresh(owner, key);
            Interlocked.Increment(ref signIns);
            await AnswerAsync(context, begun, key, begun.RefreshToken, deviation: null);
            return;
        }
        string[] parts = form["refresh_token"].ToString().Split('.');
        long generation = long.Parse(parts[2], CultureInfo.InvariantCulture);
        await RefreshAsync(context, families[parts[1]], key, generation, node);
    }

    private async Task RefreshAsync(HttpContext context, TokenFamily family, string key, long generation, string node)
    {
        int times = family.Count(generation, node);
        if (!Bound.MayRefresh(family.Owner, key))
        {
            family.Revoke(generation, node, "with another key");
            await context.WriteJsonAsync(400, """{"error":"invalid_grant"}""");
            return;
        }
        if (times > 1 && family.RotatedBy(generation) is { } rotation && rotation.Node != node && wasRecentlySuspended(node))
            Interlocked.Increment(ref stale);
        // The fault of the plan applies to the first presentation; a repeated presentation succeeds.
        var fault = times == 1 && InjectsFaults ? plan.For(family.Owner, generation) : new Fault(FaultKind.None, IsAfterRotation: false);
        if (fault.Kind != FaultKind.None && !fault.IsAfterRotation)
        {
            family.Record(node, $"meets {fault.Kind} before the rotation of {generation}");
            await FailAsync(context, fault.Kind);
            return;
        }
        await Task.Delay(Latency, time);
        var deviation = times == 1 && InjectsFaults ? plan.DeviationOf(family.Owner, generation) : null;
        if (family.Rotate(generation, node, fault.IsAfterRotation, deviation) is not { } next)
        {
            family.Record(node, $"is rejected for {generation}");
            await context.WriteJsonAsync(400, """{"error":"invalid_grant"}""");
            return;
        }
        Interlocked.Increment(ref refreshes);
        family.Record(
            node,
            fault.IsAfterRotation
                ? $"meets {fault.Kind} after the rotation to {next}"
                : $"gets {next}{(deviation is null ? "" : $" with {deviation}")}"
        );
        if (fault.IsAfterRotation)
        {
            await FailAsync(context, fault.Kind);
            return;
        }
        if (deviation is not null)
            Interlocked.Increment(ref deviations);
        await AnswerAsync(context, family, key, next, deviation);
    }

    private async Task AnswerAsync(
        HttpContext context,
        TokenFamily family,
        string key,
        string refreshToken,
        TokenResponseDeviation? deviation
    )
    {
        var reply = TokenResponses.Create(
            Bound.Bind(family.NewAccessToken(AccessTokenExpiry), key),
            Bound.TokenType,
            AccessTokenExpiry,
            refreshToken,
            deviation,
            time.GetUtcNow()
        );
        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = reply.ContentType;
        await context.Response.Body.WriteAsync(reply.Body);
    }

    private static async Task FailAsync(HttpContext context, FaultKind kind)
    {
        switch (kind)
        {
            case FaultKind.Timeout:
                await context.RequestAborted.WaitHandleAsync();
                break;
            case FaultKind.ServerError:
                await context.WriteJsonAsync(500, "");
                break;
            case FaultKind.TooManyRequests:
                await context.WriteJsonAsync(429, "");
                break;
            case FaultKind.TruncatedBody:
                context.Response.ContentType = "application/json";
                context.Response.ContentLength = 300;
                await context.Response.WriteAsync("""{"access_token":"at.""");
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            default:
                context.Abort();
                break;
        }
    }

    private IResult Api(HttpContext context)
    {
        Interlocked.Increment(ref apiCalls);
        string[] token = context.Request.Headers.Authorization.ToString().Split('.');
        string? error = Bound.CheckCall(context, context.Request.Headers[NodeHeader].ToString());
        if (
            error is null
            && token.Length == 4
            && long.Parse(token[2], CultureInfo.InvariantCulture) > time.GetUtcNow().ToUnixTimeMilliseconds()
        )
            return Results.Text(token[1]);
        Interlocked.Increment(ref apiRefusals);
        context.Response.Headers.WWWAuthenticate = $"{Bound.TokenType} error=\"{error ?? "invalid_token"}\"";
        return Results.StatusCode(401);
    }
}

internal static class HttpContextExtensions
{
    public static async Task WriteJsonAsync(this HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }

    public static async Task WaitHandleAsync(this CancellationToken canceled)
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (canceled.Register(ended.SetResult))
            await ended.Task;
    }
}
