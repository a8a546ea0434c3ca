using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>What a <see cref="ClaimSource"/> says about the user.</summary>
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

    /// <summary>Where they are from.</summary>
    public ClaimSource Source { get; }

    /// <summary>Who says so, by its own word.</summary>
    public string? Issuer { get; }

    /// <summary>
    /// Whether the client's own authorization server signed them, about this user where they name one, for this client where they name one, and
    /// not for a time that is over. Others are as good as the way they came: the server's word that this source has them, and https.
    /// </summary>
    public bool IsVerified { get; }

    /// <summary>All claims as they came, also those that the server did not say are there.</summary>
    public JsonElement Claims { get; }

    /// <summary>A claim that is a text and that the server says is here, or <see langword="null"/>.</summary>
    /// <param name="claim">The claim's name.</param>
    public string? this[string claim] => Source.ClaimNames.Contains(claim, StringComparer.Ordinal) ? Claims.TextIfAny(claim) : null;

    /// <summary>Names no claim's value.</summary>
    public override string ToString() => $"Claims of {ServerTextSanitizer.Clean(Source.Name)}";
}
