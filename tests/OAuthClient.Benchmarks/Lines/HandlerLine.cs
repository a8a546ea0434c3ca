using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures a request with a cached token. The result is the overhead over the same pipeline without the handler, which is measured too
/// and subtracted, in time and bytes.
/// </summary>
internal static class HandlerLine
{
    private const int Owners = 10_000;
    private const string Waiting = "floor that waits";
    private const string OfOwner = "floor of an owner";

    // Every application determines the user; reading another user's name for each request is not part of the measurement.
    private const string BaseWithUsers = "base with users";

    // One address for all requests, because parsing it is not part of any contestant.
    private static readonly Uri Address = new(Api.Origin + "/photos");

    public static async Task MeasureAsync(string line, Report report, bool forOwners, bool yields)
    {
        var server = new TokenServer { GivesNewTokens = true };
        var owners = new OwnersInTurn();
        var services = new ServiceCollection();
        OurClient.AddTo(services, server);
        services.AddSingleton<ICurrentGrantOwner>(owners);
        var apis = new Dictionary<string, Api>(StringComparer.Ordinal);
        var headers = new ConcurrentDictionary<GrantOwner, string>();
        Pipeline(Contestant.Base);
        Pipeline(BaseWithUsers);
        Pipeline(Contestant.Floor).AddHttpMessageHandler(() => new PresetHeader("Bearer " + TokenServer.FirstAccessToken));
        Pipeline(Waiting).AddHttpMessageHandler(() => new PresetHeaderThatWaits("Bearer " + TokenServer.FirstAccessToken));
        if (forOwners)
            Pipeline(OfOwner).AddHttpMessageHandler(() => new PresetHeaderOfOwner(owners, headers));
        Pipeline(Contestant.Ours)
            .AddAccessTokenHandler(OurClient.Name, token => (forOwners ? token.ForCurrentUser() : token.ForClient()).To(Api.Origin));
        if (!forOwners)
        {
            Pipeline(GooglePeer.Name).AddHttpMessageHandler(() => new GooglePeer.Handler(GooglePeer.Credential(server)));
            Pipeline(MsalPeer.Name).AddHttpMessageHandler(() => new MsalPeer.Handler(MsalPeer.Application(MsalPeer.Server())));
        }
        await using var provider = services.BuildServiceProvider();
        if (forOwners)
        {
            var all = await OurClient.AuthorizeAsync(OurClient.In(provider), [.. Enumerable.Range(0, Owners).Select(i => $"owner-{i:D8}")]);
            foreach (var owner in all)
                headers[owner] = "Bearer " + (await OurClient.In(provider).GetAccessTokenAsync(owner)).Reveal();
            owners.Set(all);
        }

        var handlers = provider.GetRequiredService<IHttpMessageHandlerFactory>();
        var samples = await InterleavedStopwatch.MeasureAsync([
            .. apis.Select(api =>
                Sending(
                    api.Key,
                    new HttpMessageInvoker(handlers.CreateHandler(api.Key), disposeHandler: false),
                    api.Value,
                    api.Key is BaseWithUsers or OfOwner or Contestant.Ours ? owners : null
                )
            ),
        ]);
        Print(line, report, yields, samples.ToDictionary(one => one.Name, StringComparer.Ordinal));

        IHttpClientBuilder Pipeline(string contestant)
        {
            var api = apis[contestant] = new Api { Waits = yields };
            // The logging of the factory would dominate all measurements.
            return services.AddHttpClient(contestant).RemoveAllLoggers().ConfigurePrimaryHttpMessageHandler(() => api);
        }
    }

    private static Contestant Sending(string name, HttpMessageInvoker pipeline, Api api, OwnersInTurn? owners) =>
        new(
            name,
            async count =>
            {
                for (int i = 0; i < count; i++)
                {
                    owners?.Next();
                    var response = pipeline.SendAsync(new HttpRequestMessage(HttpMethod.Get, Address), CancellationToken.None);
                    while (!response.IsCompleted)
                    {
                        // The first request waits for its token, and then for the API.
                        if (!api.TryAnswer())
                            await Task.Yield();
                    }
                    await response;
                }
            }
        );

    private static void Print(string line, Report report, bool yields, Dictionary<string, Samples> samples)
    {
        var pipeline = samples[Contestant.Base];
        var floor = samples[Contestant.Floor];
        double floorTime = floor.MedianOver(pipeline);
        // A handler that processes the response needs a state machine while the response is pending, and none if it is already complete.
        double floorBytes = (yields ? samples[Waiting] : floor).Bytes - pipeline.Bytes;
        Report.Explain(
            $"{line}: floor {floorTime:0} ns {floorBytes:0} B{(yields ? ", a state machine counted in" : "")}; "
                + $"the pipeline alone {pipeline.MedianNanoseconds:0} ns {pipeline.Bytes:0} B"
        );
        Report.Explain($"{line}: the floor with an eye on the answer {samples[Waiting].MedianOver(pipeline):0} ns");
        if (samples.TryGetValue(OfOwner, out var ofOwner))
        {
            // The latency of memory at this time: on a shared machine it can double from one hour to the next.
            Report.Explain(
                $"{line}: reading another owner's name, in two places of memory, {samples[BaseWithUsers].MedianOver(pipeline):0} ns"
            );
            Report.Explain($"{line}: the floor that finds its owner in a dictionary {ofOwner.MedianOver(samples[BaseWithUsers]):0} ns");
        }
        foreach (
            var one in samples.Values.Where(one =>
                one.Name is not (Contestant.Base or BaseWithUsers or Contestant.Floor or Waiting or OfOwner)
            )
        )
        {
            double time = one.MedianOver(one.Name == Contestant.Ours ? samples[BaseWithUsers] : pipeline);
            double bytes = one.Bytes - pipeline.Bytes;
            Report.Explain($"{line}: {one.Name} {time:0} ns {bytes:0} B");
            report.Ratios(line, one.Name, time / floorTime, bytes / floorBytes);
        }
    }
}
