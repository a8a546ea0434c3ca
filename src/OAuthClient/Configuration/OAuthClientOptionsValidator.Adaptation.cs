namespace OAuthClient;

internal sealed partial class OAuthClientOptionsValidator
{
    private static readonly string[] OtherTokenTypes = ["DPoP", "PoP", "MAC", "N_A"];

    private static IEnumerable<string> FindAdaptationFailures(OAuthClientOptions o)
    {
        var adaptation = o.Adaptation;
        if (adaptation.ScopeSeparator is not { Length: 1 })
            yield return "Adaptation.ScopeSeparator must be one character, such as \",\"; leave it out for a space.";
        else if (char.IsAsciiLetterOrDigit(adaptation.ScopeSeparator[0]) || char.IsControl(adaptation.ScopeSeparator[0]))
            yield return "Adaptation.ScopeSeparator is a character that scopes contain; set the one between them, such as \",\".";
        if (adaptation.BearerTokenTypes.Any(string.IsNullOrWhiteSpace))
            yield return "Adaptation.BearerTokenTypes holds an empty item; set the server's words for token_type.";
        if (adaptation.UserInfoPath.Any(string.IsNullOrWhiteSpace))
            yield return "Adaptation.UserInfoPath holds an empty item; set the names of the members that lead to the claims.";
        if (adaptation.TokenPath.Any(string.IsNullOrWhiteSpace))
            yield return "Adaptation.TokenPath holds an empty item; set the names of the members that lead to the tokens.";
        if (adaptation.ErrorCodes.Any(code => string.IsNullOrWhiteSpace(code.Key) || string.IsNullOrWhiteSpace(code.Value)))
            yield return "Adaptation.ErrorCodes holds an empty word; set the standard error code for each word of the server, such as "
                + "\"token_revoked\": \"invalid_grant\".";
        foreach (
            string failure in FindTokenTypeFailures(adaptation.BearerTokenTypes)
                .Concat(FindParameterNameFailures(adaptation.ParameterNames))
                .Concat(FindBasicFailures(o))
        )
            yield return failure;
        if (adaptation.DangerouslyDisablePkce && !IsConfidential(o))
            yield return "Adaptation.DangerouslyDisablePkce needs a client that authenticates: set ClientSecret, or a key or certificate "
                + "with ClientAssertion or UseClientCertificate, or remove it. A public client without PKCE does not notice an intercepted "
                + "code (RFC 9700 §2.1.1).";
        if (adaptation is { DangerouslyDisablePkce: true, DangerouslyAcceptMissingNonce: true, DangerouslyAllowCodeInjection: false })
            yield return "Adaptation.DangerouslyDisablePkce and DangerouslyAcceptMissingNonce together let an attacker sign in with a code "
                + "of another user (RFC 9700 §4.5); remove one of the two, or set DangerouslyAllowCodeInjection as well to accept that.";
    }

    // A client that registers itself receives its method and its credentials from the server.
    private static bool IsConfidential(OAuthClientOptions o) =>
        ClientType.IsConfidential(
            o.ClientAuthentication,
            hasCredentials: HasSecret(o) || o.ClientCertificate is not null || CanSign(o) || o.DynamicRegistration is not null
        );

    private static bool HasSecret(OAuthClientOptions o) => o.ClientSecret is not null || o.ClientSecretProvider is not null;

    // A token of another scheme that is sent as a bearer token loses its protection.
    private static IEnumerable<string> FindTokenTypeFailures(IEnumerable<string> words) =>
        from word in words
        where word is not null && OtherTokenTypes.Contains(word.Trim(), StringComparer.OrdinalIgnoreCase)
        select $"Adaptation.BearerTokenTypes has '{word}', which is the name of another type of token (RFC 6749 §7.1); remove it."
            + (TokenScheme.DPoP.IsNamed(word.Trim()) ? " For DPoP set DPoP.Enabled." : "");

    private static IEnumerable<string> FindParameterNameFailures(IDictionary<string, string> names)
    {
        foreach (var (standard, name) in names)
        {
            if (string.IsNullOrWhiteSpace(standard) || string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl))
                yield return $"Adaptation.ParameterNames has no name for '{standard}'; set the server's name, such as "
                    + "\"client_id\": \"client_key\".";
            // Otherwise an additional parameter could become a second parameter that the library sets.
            else if (name != standard && ReservedParameters.IsReservedAnywhere(name))
                yield return $"Adaptation.ParameterNames has '{name}' for '{standard}', which is the name of another parameter that the "
                    + "library sets; each parameter needs a name of its own.";
            else if (names.Count(other => string.Equals(other.Value, name, StringComparison.OrdinalIgnoreCase)) > 1)
                yield return $"Adaptation.ParameterNames has '{name}' twice; each parameter needs a name of its own.";
        }
    }

    private static IEnumerable<string> FindBasicFailures(OAuthClientOptions o)
    {
        var adaptation = o.Adaptation;
        string? user = adaptation.UseSecretAsBasicUserName ? o.ClientSecret : o.ClientId;
        if (adaptation.UseUnencodedBasicCredentials && user?.Contains(':', StringComparison.Ordinal) == true)
            yield return $"Adaptation.UseUnencodedBasicCredentials is set, but "
                + $"{(adaptation.UseSecretAsBasicUserName ? "ClientSecret" : "ClientId")} holds a colon, which ends the user name of Basic "
                + "credentials (RFC 7617 §2); set ClientAuthentication to ClientSecretPost.";
        if (adaptation.UseSecretAsBasicUserName && !HasSecret(o) && o.DynamicRegistration is null)
            yield return "Adaptation.UseSecretAsBasicUserName needs a ClientSecret; set it, or remove the option.";
        if (adaptation.UseBasicForPublicClient && HasSecret(o))
            yield return "Adaptation.UseBasicForPublicClient is for a client without a secret; remove it, or ClientSecret.";
    }
}
