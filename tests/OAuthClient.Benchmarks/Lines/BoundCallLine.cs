using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures a whole request with a cached token that is bound to a key. The floor is the same request without a token, and one signature.
/// </summary>
internal static class BoundCallLine
{
    private const string Bare = "bare";
    private static readonly Uri Address = new(Api.Origin + "/photos");

    public static async Task MeasureAsync(string line, Report report)
    {
        var services = new ServiceCollection();
        BoundClient.AddTo(services);
        Client(Bare);
        Client(OurClient.Name).AddAccessTokenHandler(OurClient.Name, token => token.ForClient().To(Api.Origin));
        await using var provider = services.BuildServiceProvider();
        var clients = provider.GetRequiredService<IHttpClientFactory>();
        using var bare = clients.CreateClient(Bare);
        using var ours = clients.CreateClient(OurClient.Name);

        var token = await OurClient.In(provider).GetAccessTokenAsync(GrantOwner.Client);
        var proofs = provider.GetRequiredKeyedService<OAuthClientServices>(OurClient.Name).Proofs;
        using var key = BoundClient.OpenKey(token);
        var signature = new BareSignature(
            key,
            await proofs.CreateForTokenAsync(token, HttpMethod.Get, Address, nonce: null, CancellationToken.None)
        );

        await Comparison.PrintAsync(
            line,
            report,
            Contestant.Of(
                Contestant.Floor,
                () =>
                {
                    GC.KeepAlive(signature.Sign());
                    return bare.GetAsync(Address);
                }
            ),
            Contestant.Of(Contestant.Ours, () => ours.GetAsync(Address))
        );

        IHttpClientBuilder Client(string name) =>
            services.AddHttpClient(name).RemoveAllLoggers().ConfigurePrimaryHttpMessageHandler(() => new Api());
    }
}
