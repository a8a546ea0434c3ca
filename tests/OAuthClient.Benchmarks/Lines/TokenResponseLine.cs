using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>A token request from end to end, less the network: the form out, 1 KB of JSON in.</summary>
internal static class TokenResponseLine
{
    public static async Task MeasureAsync(string line, Report report)
    {
        using var http = new HttpClient(new TokenServer()) { Timeout = TimeSpan.FromSeconds(30) };
        var floor = new HandwrittenTokenRequest(
            http, TokenServer.TokenEndpoint, "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Sample.ClientId}:{Sample.ClientSecret}")));
        var services = new ServiceCollection();
        OurClient.AddTo(services, new TokenServer());
        await using var provider = services.BuildServiceProvider();
        var client = OurClient.In(provider);
        var request = TokenRequest.ClientCredentials(["photos.read", "photos.write", "profile"]);
        await using var framework = await FrameworkPeer.StartAsync(new TokenServer());
        var google = GooglePeer.Flow(new TokenServer());
        var msal = MsalPeer.Application(MsalPeer.Server());

        await Comparison.PrintAsync(
            line, report,
            Of(Contestant.Floor, async () => (await floor.SendAsync()).AccessToken),
            Of(Contestant.Ours, async () => (await client.RequestTokenAsync(request)).AccessToken.Reveal()),
            Of(FrameworkPeer.Name, async () => await framework.RedeemAsync()),
            Of(GooglePeer.Name, async () => await GooglePeer.RefreshAsync(google)),
            Of(MsalPeer.Name, async () => await MsalPeer.NewTokenAsync(msal)));
    }

    private static Contestant Of(string name, Func<ValueTask<string>> requestAsync) => new(name, async count =>
    {
        for (int i = 0; i < count; i++)
            GC.KeepAlive(await requestAsync());
    });
}
