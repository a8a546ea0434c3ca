using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Measures the start of an authorization: state, nonce, PKCE and the address for the browser.</summary>
internal static class AuthorizationUrlLine
{
    public static async Task MeasureAsync(string line, Report report)
    {
        var services = new ServiceCollection();
        OurClient.AddTo(services, new TokenServer());
        await using var provider = services.BuildServiceProvider();
        var client = OurClient.In(provider);
        var floor = new HandwrittenAuthorizationUrl(
            TokenServer.AuthorizationEndpoint.AbsoluteUri,
            Sample.ClientId,
            Sample.RedirectUri,
            string.Join(' ', Sample.Scopes)
        );
        await using var framework = await FrameworkPeer.StartAsync(new TokenServer());
        var google = GooglePeer.Flow(new TokenServer());
        var msal = MsalPeer.Application(new TokenServer());

        await Comparison.PrintAsync(
            line,
            report,
            Contestant.Of(Contestant.Floor, () => floor.Begin().Url),
            Contestant.Of(Contestant.Ours, () => client.BeginAuthorizationAsync(), pending => pending.AuthorizationUri.OriginalString),
            Contestant.Of(FrameworkPeer.Name, framework.AuthorizationUrl),
            Contestant.Of(GooglePeer.Name, () => GooglePeer.AuthorizationUrl(google)),
            Contestant.Of(MsalPeer.Name, () => MsalPeer.AuthorizationUrlAsync(msal))
        );
    }
}
