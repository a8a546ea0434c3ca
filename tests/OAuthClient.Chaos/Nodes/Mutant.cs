using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Chaos.Nodes;

/// <summary>A client that is wrong on purpose, with which the rig must report broken promises.</summary>
internal enum Mutant
{
    /// <summary>The client as it is.</summary>
    None,

    /// <summary>The client does not learn nonces, so it does not send a request again after <c>use_dpop_nonce</c>.</summary>
    IgnoresNonces,

    /// <summary>Each node proves its own key, instead of the one that the grant is bound to.</summary>
    UsesItsOwnKey,
}

/// <summary>Changes the requests and responses of the back channel as a mutant does.</summary>
internal sealed class MutantHandler(Mutant mutant) : DelegatingHandler
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (mutant == Mutant.UsesItsOwnKey && request.Headers.TryGetValues("DPoP", out var proofs))
        {
            string claims = proofs.Single().Split('.')[1];
            request.Headers.Remove("DPoP");
            request.Headers.Add("DPoP", Sign(claims));
        }
        var response = await base.SendAsync(request, cancellationToken);
        if (mutant == Mutant.IgnoresNonces)
            response.Headers.Remove("DPoP-Nonce");
        return response;
    }

    private static string Sign(string claims)
    {
        var point = Key.ExportParameters(includePrivateParameters: false).Q;
        string header = $$$"""
            {"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"{{{Text(point.X!)}}}","y":"{{{Text(point.Y!)}}}"}}
            """;
        string signed = $"{Text(Encoding.UTF8.GetBytes(header))}.{claims}";
        return $"{signed}.{Text(Key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
