using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>
/// Finds the values of a form that no message repeats. The library does not know what an additional parameter means, so each value of
/// eight characters or more, or of four with a digit, counts as a secret, except those of registered parameters that are no secrets.
/// </summary>
internal static class FormSecrets
{
    // The redaction of a shorter value would remove ordinary words from the text of a server.
    private const int MinimumLength = 8;
    private const int MinimumLengthWithDigit = 4;

    // An operator needs these values to understand the server's reason.
    private static readonly FrozenSet<string> Public = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        ParameterNames.GrantType,
        ParameterNames.Scope,
        ParameterNames.Resource,
        ParameterNames.ClientId,
        ParameterNames.RedirectUri,
        ParameterNames.ResponseType,
        ParameterNames.ResponseMode,
        ParameterNames.CodeChallenge,
        ParameterNames.CodeChallengeMethod,
        ParameterNames.DPoPKeyThumbprint,
        ParameterNames.TokenTypeHint,
        ParameterNames.Prompt,
        ParameterNames.MaxAge,
        ParameterNames.AcrValues,
        ParameterNames.UiLocales,
        ParameterNames.Claims,
        "actor_token_type",
        "audience",
        "claims_locales",
        "client_assertion_type",
        "display",
        "requested_token_type",
        "subject_token_type"
    );

    /// <summary>Finds the secrets of a form.</summary>
    /// <param name="form">The form; <see langword="null"/> if there is none.</param>
    /// <returns>The values.</returns>
    public static IEnumerable<string> Of(IEnumerable<KeyValuePair<string, string>>? form) =>
        (form ?? []).Where(field => IsSecret(field.Value) && !Public.Contains(field.Key)).Select(field => field.Value);

    // A short value with a digit is not an ordinary word, and can be a PIN or a one-time password.
    private static bool IsSecret(string value) =>
        value.Length >= MinimumLength || (value.Length >= MinimumLengthWithDigit && value.Any(char.IsAsciiDigit));
}
