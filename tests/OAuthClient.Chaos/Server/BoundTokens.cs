using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.Chaos.Server;

/// <summary>Checks the proofs and nonces of a server that requires DPoP (RFC 9449), and the keys of its tokens.</summary>
internal sealed class BoundTokens(KeyBinding binding, TimeProvider time)
{
    private readonly ProofVerifier verifier = new(time);
    private readonly ConcurrentDictionary<string, string> accessTokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> refreshTokens = new(StringComparer.Ordinal);
    private int invalidProofs;
    private int wrongKeys;

    public bool AreRequired => binding != KeyBinding.None;

    /// <summary>Gets the <c>token_type</c> of the tokens.</summary>
    public string TokenType => AreRequired ? "DPoP" : "Bearer";

    /// <summary>Gets the nonces of the token endpoint.</summary>
    public ProofNonces TokenNonces { get; } = new(time, uses: 3);

    /// <summary>Gets the nonces of the API.</summary>
    public ProofNonces ApiNonces { get; } = new(time, uses: 100);

    /// <summary>Gets the number of proofs that were refused for another reason than the nonce.</summary>
    public int InvalidProofs => invalidProofs;

    /// <summary>Gets the number of API calls whose access token is bound to another key than that of the proof.</summary>
    public int WrongKeys => wrongKeys;

    /// <summary>Checks the proof of a token request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">Identifies the request when it is sent again.</param>
    /// <returns>The thumbprint of the key, which is empty if no proof is required; <see langword="null"/> if the request was
    /// refused.</returns>
    public async Task<string?> CheckAsync(HttpContext context, string request)
    {
        if (!AreRequired)
            return "";
        string? error = Check(context, TokenNonces, request, accessToken: null, out string thumbprint);
        if (error is null)
            return thumbprint;
        await context.WriteJsonAsync(400, $$"""{"error":"{{error}}"}""");
        return null;
    }

    /// <summary>Determines whether a grant's refresh token may be used with a key. The first key of a public client is bound.</summary>
    public bool MayRefresh(string owner, string thumbprint) =>
        binding != KeyBinding.Public || refreshTokens.GetOrAdd(owner, thumbprint) == thumbprint;

    /// <summary>Binds an access token to a key.</summary>
    public string Bind(string accessToken, string thumbprint)
    {
        if (AreRequired)
            accessTokens[accessToken] = thumbprint;
        return accessToken;
    }

    /// <summary>Checks the proof of an API call.</summary>
    /// <returns>The error; <see langword="null"/> if the call is accepted.</returns>
    public string? CheckCall(HttpContext context, string node)
    {
        if (!AreRequired)
            return null;
        string authorization = context.Request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("DPoP ", StringComparison.Ordinal))
            return "invalid_token";
        string accessToken = authorization["DPoP ".Length..];
        string? error = Check(context, ApiNonces, $"{accessToken} {node}", accessToken, out string thumbprint);
        if (error is not null || accessTokens.GetValueOrDefault(accessToken) == thumbprint)
            return error;
        Interlocked.Increment(ref wrongKeys);
        return "invalid_token";
    }

    private string? Check(HttpContext context, ProofNonces nonces, string request, string? accessToken, out string thumbprint)
    {
        thumbprint = "";
        var http = context.Request;
        try
        {
            var proof = verifier.Verify(
                http.Headers["DPoP"].ToString(),
                http.Method,
                $"{http.Scheme}://{http.Host}{http.Path}",
                accessToken
            );
            thumbprint = proof.Thumbprint;
            bool isAccepted = nonces.Accepts(proof.Nonce, request);
            context.Response.Headers["DPoP-Nonce"] = nonces.Current;
            return isAccepted ? null : "use_dpop_nonce";
        }
        catch (FormatException)
        {
            Interlocked.Increment(ref invalidProofs);
            return "invalid_dpop_proof";
        }
    }
}
