using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Reads what the token endpoint answered (RFC 6749 §5.1, §5.2): tokens, or an exception that says why there are none.</summary>
internal static class TokenResponseReader
{
    // Ten years: beyond it a number is an error of the server, and an overflow of ours.
    private const long MaximumLifetimeSeconds = 315_360_000;
    private const int MaximumScopeLength = 16 * 1024;

    private static readonly FrozenSet<string> Named = FrozenSet.Create(
        StringComparer.Ordinal,
        Parameters.AccessToken, Parameters.TokenType, Parameters.ExpiresIn, Parameters.RefreshToken, Parameters.Scope, Parameters.IdToken);

    public static TokenResponse Read(BackChannelResponse response, TokenRequest request, DateTimeOffset issuedAt)
    {
        var parsed = response.Json();
        // Some servers answer 200 with an error inside; others with a page, or nothing. One that writes "error": null means none.
        if (!response.IsSuccess || parsed is not { } json || json.TryGetProperty(Parameters.Error, out var error) && error.ValueKind != JsonValueKind.Null)
            throw new TokenEndpointException(response.Failure(parsed));

        string value = json.Text(Parameters.AccessToken)
            ?? throw new ProtocolViolationException("The token response holds no access_token (RFC 6749 §5.1).");
        string type = json.Text(Parameters.TokenType)
            ?? throw new ProtocolViolationException("The token response holds no token_type, so how to use the token is not known (RFC 6749 §5.1).");
        if (!string.Equals(type, "Bearer", StringComparison.OrdinalIgnoreCase))
            throw new ProtocolViolationException($"The token response's token_type is '{response.Clean(type, value)}'; only Bearer is understood, and an unknown type must not be used (RFC 6749 §7.1).");

        var expiresAt = Lifetime(json) is { } seconds ? issuedAt.AddSeconds(seconds) : (DateTimeOffset?)null;
        return new TokenResponse(
            new AccessToken(value, issuedAt, expiresAt, Scopes(json, request), request.Resources),
            json.Text(Parameters.RefreshToken) is { } refreshToken ? new RefreshToken(refreshToken) : null,
            json.Text(Parameters.IdToken) is { } idToken ? new IdToken(idToken) : null,
            json.EnumerateObject().Where(member => !Named.Contains(member.Name))
                .ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal));
    }

    private static IReadOnlyList<string> Scopes(JsonElement json, TokenRequest request) =>
        json.TryGetProperty(Parameters.Scope, out var member) && member.ValueKind != JsonValueKind.Null
            ? ScopeText.Split(Bounded(json.Text(Parameters.Scope) ?? ""))
            : request.ScopesWhenUnstated;

    // Scopes are compared with one another for as long as the grant lives: what is merely large here is slow for ever.
    private static string Bounded(string scope) => scope.Length <= MaximumScopeLength
        ? scope
        : throw new ProtocolViolationException($"The token response's scope is longer than {MaximumScopeLength} characters; no authorization server means that.");

    private static long? Lifetime(JsonElement json)
    {
        if (!json.TryGetProperty(Parameters.ExpiresIn, out var member) || member.ValueKind == JsonValueKind.Null)
            return null;
        double seconds;
        if (member.ValueKind == JsonValueKind.Number && member.TryGetDouble(out double number))
            seconds = number;
        else if (json.TextIfAny(Parameters.ExpiresIn) is { } written
            && double.TryParse(written, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double text)
            && double.IsFinite(text))
            seconds = text;
        else
            throw new ProtocolViolationException("The token response's expires_in is no number of seconds (RFC 6749 §5.1).");
        return (long)Math.Clamp(Math.Floor(seconds), 0, MaximumLifetimeSeconds);
    }
}
