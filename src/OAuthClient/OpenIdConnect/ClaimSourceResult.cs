using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Represents the claims about a user that a <see cref="ClaimSource"/> returned.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class ClaimSourceResult
{
    internal ClaimSourceResult(ClaimSource source, string? issuer, bool isVerified, JsonElement claims)
    {
        Source = source;
        Issuer = issuer;
        IsVerified = isVerified;
        Claims = claims;
    }

    /// <summary>Gets the source of the claims.</summary>
    public ClaimSource Source { get; }

    /// <summary>
    /// Gets the issuer that the JWT names (<c>iss</c>). It is not verified unless <see cref="IsVerified"/> is <see langword="true"/>.
    /// </summary>
    public string? Issuer { get; }

    /// <summary>
    /// Gets a value indicating whether the client's authorization server signed the claims, they have not expired, and they name no other
    /// user and no other client. The trust in unverified claims rests only on the server, which names the source, and on https.
    /// </summary>
    public bool IsVerified { get; }

    /// <summary>Gets all claims of the source, including those that the server does not attribute to it.</summary>
    public JsonElement Claims { get; }

    /// <summary>Gets the value of a string claim that the server attributes to the source, or <see langword="null"/>.</summary>
    /// <param name="claim">The name of the claim.</param>
    /// <returns>The value, or <see langword="null"/>.</returns>
    public string? this[string claim] => Source.ClaimNames.Contains(claim) ? Claims.TextIfAny(claim) : null;

    /// <summary>Returns the name of the source and no claim value.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"Claims of {ServerTextSanitizer.Clean(Source.Name)}";
}
