using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures a request with a cached token. The result is the overhead over the same pipeline without the handler, which is measured too
/// and subtracted, in time and bytes.
/// </summary>
internal static class HandlerLine
{
    private const int Owners = 10_000;

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
        Pipeline(Contestant.Base);
        Pipeline(Contestant.Floor)
            .AddHttpMessageHandler(provider =>
                forOwners
                    ? new HandwrittenUserHandler(owners, owner => TokenAsync(provider, owner), TimeProvider.System)
                    : new HandwrittenHandler(() => TokenAsync(provider, GrantOwner.Client), TimeProvider.System)
            );
        Pipeline(Contestant.Ours)
            .AddAccessTokenHandler(OurClient.Name, token => (forOwners ? token.ForCurrentUser() : token.ForClient()).To(Api.Origin));
        if (!forOwners)
        {
            Pipeline(GooglePeer.Name).AddHttpMessageHandler(() => new GooglePeer.Handler(GooglePeer.Credential(server)));
            Pipeline(MsalPeer.Name).AddHttpMessageHandler(() => new MsalPeer.Handler(MsalPeer.Application(MsalPeer.Server())));
        }
        await using var provider = services.BuildServiceProvider();
        if (forOwners)
            owners.Set(
                await OurClient.AuthorizeAsync(OurClient.In(provider), [.. Enumerable.Range(0, Owners).Select(i => $"owner-{i:D8}")])
            );

        var handlers = provider.GetRequiredService<IHttpMessageHandlerFactory>();
        var samples = await InterleavedStopwatch.MeasureAsync([
            .. apis.Select(api =>
                Sending(api.Key, new HttpMessageInvoker(handlers.CreateHandler(api.Key), disposeHandler: false), api.Value, owners)
            ),
        ]);
        Print(line, report, samples.ToDictionary(one => one.Name, StringComparer.Ordinal));

        IHttpClientBuilder Pipeline(string contestant)
        {
            var api = apis[contestant] = new Api { Waits = yields };
            // The logging of the factory would dominate all measurements.
            return services.AddHttpClient(contestant).RemoveAllLoggers().ConfigurePrimaryHttpMessageHandler(() => api);
        }
    }

    private static async Task<HandwrittenToken> TokenAsync(IServiceProvider services, GrantOwner owner)
    {
        var token = await OurClient.In(services).GetAccessTokenAsync(owner);
        return new("Bearer " + token.Reveal(), token.ExpiresAt!.Value);
    }

    private static Contestant Sending(string name, HttpMessageInvoker pipeline, Api api, OwnersInTurn owners) =>
        new(
            name,
            async count =>
            {
                for (int i = 0; i < count; i++)
                {
                    // For every contestant, so that reading another user's name is not part of any.
                    owners.Next();
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

    private static void Print(string line, Report report, Dictionary<string, Samples> samples)
    {
        var pipeline = samples[Contestant.Base];
        var floor = samples[Contestant.Floor];
        double floorTime = floor.MedianOver(pipeline);
        double floorBytes = floor.Bytes - pipeline.Bytes;
        Report.Explain($"{line}: the pipeline alone {pipeline.MedianNanoseconds:0} ns {pipeline.Bytes:0} B");
        Report.Explain($"{line}: floor {floorTime:0} ns {floorBytes:0} B");
        foreach (var one in samples.Values.Where(one => one.Name is not (Contestant.Base or Contestant.Floor)))
        {
            double time = one.MedianOver(pipeline);
            double bytes = one.Bytes - pipeline.Bytes;
            Report.Explain($"{line}: {one.Name} {time:0} ns {bytes:0} B");
            report.Ratios(line, one.Name, time / floorTime, bytes / floorBytes);
        }
    }
}
