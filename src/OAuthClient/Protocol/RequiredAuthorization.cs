using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>What an error response requires of the next authorization (OpenID Connect Core §5.5, RFC 9470 §3).</summary>
/// <param name="Claims">The <c>claims</c> parameter, a JSON object; <see langword="null"/> if the server states none.</param>
/// <param name="AcrValues">The authentication context classes; empty if the server states none.</param>
/// <param name="Scopes">The scopes; empty if the server states none.</param>
/// <param name="Suberror">The server's subordinate error code; <see langword="null"/> if it states none.</param>
internal sealed record RequiredAuthorization(
    string? Claims,
    IReadOnlyList<string> AcrValues,
    IReadOnlyList<string> Scopes,
    string? Suberror
)
{
    /// <summary>The maximum length of the <c>claims</c> parameter, which becomes part of an address.</summary>
    public const int MaximumClaimsLength = 8 * 1024;

    private const int MaximumListLength = 4 * 1024;

    /// <summary>Reads the requirements of an error response.</summary>
    /// <param name="json">The error response.</param>
    /// <param name="secrets">The secrets of the request, which a server may echo.</param>
    /// <returns>The requirements; <see langword="null"/> if the response states none.</returns>
    public static RequiredAuthorization? Find(JsonElement json, IReadOnlyList<string> secrets)
    {
        var claims = json.Member(ParameterNames.Claims);
        string? text = claims.ValueKind == JsonValueKind.Object ? StrictJson.RawTextIfAny(claims) : StrictJson.TextIfAnyOf(claims);
        if (text is not null && (FindClaimsFailure(text) is not null || ContainsAny(text, secrets)))
            text = null;
        var acrValues = List(json, ParameterNames.AcrValues, secrets);
        var scopes = List(json, ParameterNames.Scope, secrets);
        string? suberror = json.TextIfAny("suberror");
        return text is null && acrValues.Count + scopes.Count == 0 && suberror is null ? null : new(text, acrValues, scopes, suberror);
    }

    /// <summary>Validates the text of a <c>claims</c> parameter.</summary>
    /// <param name="claims">The text.</param>
    /// <returns>The reason why it cannot be sent, as part of a sentence; <see langword="null"/> if it can.</returns>
    public static string? FindClaimsFailure(string claims)
    {
        if (claims.Length > MaximumClaimsLength)
            return $"is longer than {MaximumClaimsLength} characters";
        using var document = StrictJson.TryParse(Encoding.UTF8.GetBytes(claims));
        return document is null ? "is not a JSON object, or has a member twice" : null;
    }

    /// <summary>Determines whether a text of the server contains a secret of the request.</summary>
    public static bool ContainsAny(string text, IReadOnlyList<string> secrets) =>
        secrets.Any(secret => text.Contains(secret, StringComparison.OrdinalIgnoreCase));

    private static IReadOnlyList<string> List(JsonElement json, string name, IReadOnlyList<string> secrets) =>
        json.TextIfAny(name) is { Length: <= MaximumListLength } text && !ContainsAny(text, secrets)
            ? [.. ScopeList.Split(text).Where(ScopeList.IsToken)]
            : [];
}
