using System.Security.Cryptography;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures the authentication of one token request by private_key_jwt. The floor is the bare signature of its assertion.
/// </summary>
internal static class ClientAssertionLine
{
    public static async Task MeasureAsync(string line, Report report, string algorithm)
    {
        using AsymmetricAlgorithm key = algorithm == "PS256" ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var options = new OAuthClientOptions
        {
            Issuer = new("https://as.example.com"),
            TokenEndpoint = TokenServer.TokenEndpoint,
            ClientId = Sample.ClientId,
            ClientAssertion = { PrivateKey = key.ExportPkcs8PrivateKeyPem(), KeyId = "1" },
        };
        var configuration = new ClientConfiguration(OurClient.Name, options);
        var authentication = new PrivateKeyJwt(configuration);
        var floor = new BareSignature(key, await CreateAsync());

        await Comparison.PrintAsync(line, report, Contestant.Of(Contestant.Floor, floor.Sign), Contestant.Of(Contestant.Ours, CreateAsync));

        async Task<string> CreateAsync()
        {
            var request = new AuthenticatedRequest(HttpMethod.Post, TokenServer.TokenEndpoint, [], DateTimeOffset.UtcNow, []);
            await authentication.ApplyAsync(request, configuration.ConfiguredMetadata, CancellationToken.None);
            return request.Form[^1].Value;
        }
    }
}
