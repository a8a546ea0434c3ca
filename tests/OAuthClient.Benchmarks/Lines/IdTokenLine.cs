using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace OAuthClient.Benchmarks;

/// <summary>Measures the validation of an ID Token (RS256) with cached keys. The floor is the bare verification of its signature.</summary>
internal static class IdTokenLine
{
    public static async Task MeasureAsync(string line, Report report)
    {
        using var key = RSA.Create(2048);
        using var server = new OpenIdServer(key);
        var services = new ServiceCollection();
        OurClient.AddTo(services, server);
        await using var provider = services.BuildServiceProvider();
        var (grant, nonce) = await SignInAsync(OurClient.In(provider), server);

        string jwt = grant.IdToken!.Reveal();
        int end = jwt.LastIndexOf('.');
        byte[] data = Encoding.ASCII.GetBytes(jwt[..end]);
        byte[] signature = Base64Url.DecodeFromChars(jwt.AsSpan(end + 1));
        using var publicKey = RSA.Create(key.ExportParameters(includePrivateParameters: false));

        var options = provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get(OurClient.Name);
        var configuration = new ClientConfiguration(OurClient.Name, options);
        var backChannel = new BackChannelClient(
            OurClient.Name,
            provider.GetRequiredService<IHttpClientFactory>(),
            TimeProvider.System,
            NullLogger.Instance
        );
        var keys = new JwksCache(backChannel, TimeProvider.System, NullLogger.Instance);
        var validator = new IdTokenValidator(new JwtSignatureValidator(keys), TimeProvider.System);

        await Comparison.PrintAsync(
            line,
            report,
            Contestant.Of(
                Contestant.Floor,
                () => publicKey.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            ),
            Contestant.Of(
                Contestant.Ours,
                () =>
                    validator.ValidateAsync(
                        grant.IdToken,
                        grant.AccessToken!,
                        configuration,
                        configuration.ConfiguredMetadata,
                        nonce,
                        CancellationToken.None
                    )
            )
        );
    }

    private static async Task<(Grant Grant, string Nonce)> SignInAsync(IOAuthClient client, OpenIdServer server)
    {
        var pending = await client.BeginAuthorizationAsync();
        server.Prepare(0, pending.AuthorizationUri);
        var query = HttpUtility.ParseQueryString(pending.AuthorizationUri.Query);
        var callback = AuthorizationResponse.Parse($"{Sample.RedirectUri}?code={OpenIdServer.Code(0)}&state={query["state"]}");
        return (await client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("alice")), query["nonce"]!);
    }
}
