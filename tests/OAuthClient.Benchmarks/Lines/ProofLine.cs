using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Measures the proof of possession for one request. The floor is its bare signature.</summary>
internal static class ProofLine
{
    private static readonly Uri Address = new(Api.Origin + "/photos");

    public static async Task MeasureAsync(string line, Report report)
    {
        var services = new ServiceCollection();
        BoundClient.AddTo(services);
        await using var provider = services.BuildServiceProvider();
        var token = await OurClient.In(provider).GetAccessTokenAsync(GrantOwner.Client);
        var proofs = provider.GetRequiredKeyedService<OAuthClientServices>(OurClient.Name).Proofs;
        using var key = BoundClient.OpenKey(token);
        var floor = new BareSignature(key, await CreateAsync());

        await Comparison.PrintAsync(line, report, Contestant.Of(Contestant.Floor, floor.Sign), Contestant.Of(Contestant.Ours, CreateAsync));

        Task<string> CreateAsync() =>
            proofs.CreateForTokenAsync(token, HttpMethod.Get, Address, nonce: null, CancellationToken.None).AsTask();
    }
}
