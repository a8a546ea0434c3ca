using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>An authorization begun: state, nonce and PKCE made, and the address there to send the browser to.</summary>
internal static class AuthorizationUrlLine
{
    public static async Task MeasureAsync(string line, Report report)
    {
        var services = new ServiceCollection();
        OurClient.AddTo(services, new TokenServer());
        await using var provider = services.BuildServiceProvider();
        var client = OurClient.In(provider);
        var floor = new HandwrittenAuthorizationUrl(
            TokenServer.AuthorizationEndpoint.AbsoluteUri, Sample.ClientId, Sample.RedirectUri, string.Join(' ', Sample.Scopes));
        await using var framework = await FrameworkPeer.StartAsync(new TokenServer());
        var google = GooglePeer.Flow(new TokenServer());
        var msal = MsalPeer.Application(new TokenServer());

        await Comparison.PrintAsync(
            line, report,
            Of(Contestant.Floor, () => new(floor.Begin().Url)),
            Of(Contestant.Ours, async () => (await client.BeginAuthorizationAsync()).AuthorizationUri.OriginalString),
            Of(FrameworkPeer.Name, () => new(framework.AuthorizationUrl())),
            Of(GooglePeer.Name, () => new(GooglePeer.AuthorizationUrl(google))),
            Of(MsalPeer.Name, async () => await MsalPeer.AuthorizationUrlAsync(msal)));
    }

    private static Contestant Of(string name, Func<ValueTask<string>> beginAsync) => new(name, async count =>
    {
        for (int i = 0; i < count; i++)
            GC.KeepAlive(await beginAsync());
    });
}
