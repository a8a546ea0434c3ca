using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Measures a whole token request without the network: the form, and 1 KB of JSON.</summary>
internal static class TokenResponseLine
{
    public static async Task MeasureAsync(string line, Report report)
    {
        using var http = new HttpClient(new TokenServer()) { Timeout = TimeSpan.FromSeconds(30) };
        var floor = new HandwrittenTokenRequest(
            http,
            TokenServer.TokenEndpoint,
            "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Sample.ClientId}:{Sample.ClientSecret}"))
        );
        var services = new ServiceCollection();
        OurClient.AddTo(services, new TokenServer());
        await using var provider = services.BuildServiceProvider();
        var client = OurClient.In(provider);
        var request = TokenRequest.ClientCredentials(["photos.read", "photos.write", "profile"]);
        await using var framework = await FrameworkPeer.StartAsync(new TokenServer());
        var google = GooglePeer.Flow(new TokenServer());
        var msal = MsalPeer.Application(MsalPeer.Server());

        await Comparison.PrintAsync(
            line,
            report,
            Contestant.Of(Contestant.Floor, () => floor.SendAsync(), tokens => tokens.AccessToken),
            Contestant.Of(Contestant.Ours, () => client.RequestTokenAsync(request), response => response.AccessToken.Reveal()),
            Contestant.Of(FrameworkPeer.Name, framework.RedeemAsync),
            Contestant.Of(GooglePeer.Name, () => GooglePeer.RefreshAsync(google)),
            Contestant.Of(MsalPeer.Name, () => MsalPeer.NewTokenAsync(msal))
        );
    }
}
