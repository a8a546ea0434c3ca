using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Measures 1,000 concurrent callers without a token, or with one that the API rejects. The token endpoint takes 50 ms.</summary>
internal static class StampedeLines
{
    private const int Callers = 1000;
    private const int Rounds = 7;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(50);
    private static readonly Uri Address = new(Api.Origin + "/photos");

    public static async Task MeasureColdAsync(string line, Report report)
    {
        await PrintAsync(
            line,
            report,
            Contestant.Ours,
            async () =>
            {
                var server = Server();
                var (client, provider) = Ours(server, new ChoosyApi(), forOwner: null);
                await using (provider)
                    return await StampedeAsync(server, () => client.SendAsync(Request(), CancellationToken.None));
            }
        );
        await PrintAsync(
            line,
            report,
            GooglePeer.Name,
            async () =>
            {
                var server = Server();
                using var client = GooglePeer.Client(new ChoosyApi(), GooglePeer.Credential(server, isExpired: true));
                return await StampedeAsync(server, () => client.SendAsync(Request()));
            }
        );
        await PrintAsync(
            line,
            report,
            MsalPeer.Name,
            async () =>
            {
                var server = MsalPeer.Server(Latency);
                using var client = new HttpMessageInvoker(
                    new MsalPeer.Handler(MsalPeer.Application(server)) { InnerHandler = new ChoosyApi() }
                );
                return await StampedeAsync(server, () => client.SendAsync(Request(), CancellationToken.None));
            }
        );
    }

    /// <summary>Measures a resource owner whose refresh token is valid once: a client that uses it twice fails.</summary>
    public static async Task MeasureRefusedAsync(string line, Report report)
    {
        await PrintAsync(
            line,
            report,
            Contestant.Ours,
            async () =>
            {
                var server = Server();
                var (client, provider) = Ours(server, new ChoosyApi { RefusedToken = TokenServer.FirstAccessToken }, forOwner: "alice");
                await using (provider)
                {
                    await OurClient.AuthorizeAsync(OurClient.In(provider), "alice");
                    return await StampedeAsync(server, () => client.SendAsync(Request(), CancellationToken.None));
                }
            }
        );
        await PrintAsync(
            line,
            report,
            GooglePeer.Name,
            async () =>
            {
                var server = Server();
                using var client = GooglePeer.Client(new ChoosyApi { RefusedToken = "0" }, GooglePeer.Credential(server));
                return await StampedeAsync(server, () => client.SendAsync(Request()));
            }
        );
    }

    private static TokenServer Server() => new() { GivesNewTokens = true, Latency = Latency };

    private static HttpRequestMessage Request() => new(HttpMethod.Get, Address);

    private static (HttpMessageInvoker, ServiceProvider) Ours(TokenServer server, ChoosyApi api, string? forOwner)
    {
        var services = new ServiceCollection();
        OurClient.AddTo(services, server);
        services
            .AddHttpClient("api")
            .RemoveAllLoggers()
            .ConfigurePrimaryHttpMessageHandler(() => api)
            .AddAccessTokenHandler(
                OurClient.Name,
                token => (forOwner is null ? token.ForClient() : token.ForOwner(GrantOwner.User(forOwner))).To(Api.Origin)
            );
        var provider = services.BuildServiceProvider();
        return (new(provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("api"), disposeHandler: false), provider);
    }

    private static async Task<Outcome> StampedeAsync(TokenServer server, Func<Task<HttpResponseMessage>> callAsync)
    {
        int before = server.Requests;
        long start = Stopwatch.GetTimestamp();
        bool[] failed = await Task.WhenAll(
            Enumerable
                .Range(0, Callers)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        try
                        {
                            using var response = await callAsync();
                            return response.StatusCode != HttpStatusCode.OK;
                        }
                        catch (Exception)
                        {
                            return true;
                        }
                    })
                )
        );
        return new(server.Requests - before, failed.Count(one => one), (Stopwatch.GetElapsedTime(start) - Latency).TotalMilliseconds);
    }

    // The first round compiles the code and is discarded. For requests and failures the worst round is printed, for the time the median.
    private static async Task PrintAsync(string line, Report report, string contestant, Func<Task<Outcome>> stampedeAsync)
    {
        await stampedeAsync();
        var outcomes = new List<Outcome>();
        for (int round = 0; round < Rounds; round++)
            outcomes.Add(await stampedeAsync());
        report.Values(
            line,
            contestant,
            outcomes.Max(one => one.TokenRequests).ToString(CultureInfo.InvariantCulture),
            outcomes.Max(one => one.Failures).ToString(CultureInfo.InvariantCulture),
            Samples.Median(outcomes.Select(one => one.OverLatency)).ToString("0", CultureInfo.InvariantCulture)
        );
    }

    private sealed record Outcome(int TokenRequests, int Failures, double OverLatency);
}
