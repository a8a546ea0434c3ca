using System.Collections.Specialized;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures the end of a sign-in: the callback is validated, the code redeemed, the ID Token (RS256) validated and the grant stored.
/// </summary>
internal static class SignInLine
{
    // A state can be used once, so each operation needs an authorization of its own. More than one measurement uses.
    private const int Authorizations = 80_000;

    public static async Task MeasureAsync(string line, Report report)
    {
        using var key = RSA.Create(2048);
        using var server = new OpenIdServer(key);
        var services = new ServiceCollection();
        OurClient.AddTo(services, server);
        await using var provider = services.BuildServiceProvider();
        var client = OurClient.In(provider);
        var prepared = await PrepareAsync(client, server);

        using var http = new HttpClient(server, disposeHandler: false) { Timeout = TimeSpan.FromSeconds(30) };
        using var publicKey = RSA.Create(key.ExportParameters(includePrivateParameters: false));
        string basic = "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Sample.ClientId}:{Sample.ClientSecret}"));
        var floor = new HandwrittenSignIn(http, TokenServer.TokenEndpoint, basic, publicKey);
        var owner = GrantOwner.User("alice");
        int floors = 0;
        int ours = 0;

        await Comparison.PrintAsync(
            line,
            report,
            Contestant.Of(
                Contestant.Floor,
                () =>
                {
                    var next = prepared[floors++ % Authorizations];
                    return floor.CompleteAsync(next.Code, next.Verifier, next.Nonce);
                },
                tokens => tokens.AccessToken
            ),
            Contestant.Of(
                Contestant.Ours,
                () =>
                {
                    var next = prepared[ours++];
                    return client.CompleteAuthorizationAsync(next.Pending, AuthorizationResponse.Parse(next.Callback), owner);
                },
                grant => grant.Id
            )
        );
    }

    private static async Task<Prepared[]> PrepareAsync(IOAuthClient client, OpenIdServer server)
    {
        var prepared = new Prepared[Authorizations];
        await Parallel.ForAsync(
            0,
            Authorizations,
            async (number, cancellationToken) =>
            {
                var pending = await client.BeginAuthorizationAsync(cancellationToken: cancellationToken);
                server.Prepare(number, pending.AuthorizationUri);
                NameValueCollection query = HttpUtility.ParseQueryString(pending.AuthorizationUri.Query);
                prepared[number] = new(
                    pending,
                    OpenIdServer.Code(number),
                    $"{Sample.RedirectUri}?code={OpenIdServer.Code(number)}&state={query["state"]}",
                    query["code_challenge"]!,
                    query["nonce"]!
                );
            }
        );
        return prepared;
    }

    // The code challenge stands for the verifier, which the server does not check; both have 43 characters.
    private sealed record Prepared(PendingAuthorization Pending, string Code, string Callback, string Verifier, string Nonce);
}
