using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Registers the library with tokens that are bound to a key (RFC 9449).</summary>
internal static class BoundClient
{
    public static void AddTo(IServiceCollection services)
    {
        OurClient.AddTo(services, new TokenServer { TokenType = "DPoP" });
        services.Configure<OAuthClientOptions>(OurClient.Name, options => options.DPoP.Enabled = true);
    }

    /// <summary>Opens the key of a token, so that the floor signs with the same one.</summary>
    public static ECDsa OpenKey(AccessToken token)
    {
        using var jwk = JsonDocument.Parse(token.Key!.PrivateJwk!.Reveal());
        return ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = { X = Member("x"), Y = Member("y") },
                D = Member("d"),
            }
        );

        byte[] Member(string name) => Base64Url.DecodeFromChars(jwk.RootElement.GetProperty(name).GetString());
    }
}
