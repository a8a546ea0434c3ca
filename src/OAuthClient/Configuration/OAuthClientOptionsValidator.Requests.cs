namespace OAuthClient;

internal sealed partial class OAuthClientOptionsValidator
{
    private static IEnumerable<string> FindParameterFailures(OAuthClientOptions o)
    {
        var names = o.Adaptation.ParameterNames;
        return new[]
        {
            ReservedParameters.AllAuthorizations.FindFailures(nameof(o.AuthorizationParameters), o.AuthorizationParameters, names),
            ReservedParameters.Token.FindFailures(nameof(o.TokenParameters), o.TokenParameters, names),
            ReservedParameters.Token.FindFailures(nameof(o.RefreshParameters), o.RefreshParameters, names),
            ReservedParameters.Revocation.FindFailures(nameof(o.RevocationParameters), o.RevocationParameters, names),
        }
            .SelectMany(failures => failures)
            .Select(failure => failure + ".");
    }

    private static IEnumerable<string> FindRedirectUriFailures(OAuthClientOptions o)
    {
        if (FindRedirectFailure(o.RedirectUri) is { } redirectFailure)
            yield return $"{nameof(o.RedirectUri)} {redirectFailure}.";
        if (o.RedirectUris.Contains(null!))
            yield return "RedirectUris holds a null.";
        foreach (var uri in o.RedirectUris)
        {
            if (FindRedirectFailure(uri) is { } failure)
                yield return $"{nameof(o.RedirectUris)} holds '{uri.OriginalString}', which {failure}.";
        }
        if (FindRedirectFailure(o.PostLogoutRedirectUri) is { } postLogoutFailure)
            yield return $"{nameof(o.PostLogoutRedirectUri)} {postLogoutFailure}.";
    }

    // RFC 6749 A.1, A.2: client_id and client_secret consist of VSCHAR, which are the printable characters of ASCII and the space.
    private static IEnumerable<string> FindCredentialFailures(OAuthClientOptions o)
    {
        if (FindInvalidCharacter(o.ClientId) is { } inId)
            yield return $"ClientId holds {inId}, which no client identifier contains (RFC 6749 A.1); copy it as the server issued it.";
        if (!string.IsNullOrWhiteSpace(o.ClientSecret) && FindInvalidCharacter(o.ClientSecret) is { } inSecret)
            yield return $"ClientSecret holds {inSecret}, which no client secret contains (RFC 6749 A.2). If it is read from a file, "
                + "remove the line break at its end; otherwise copy it as the server issued it.";
    }

    // The position helps to find the character, and the character itself may belong to the secret.
    private static string? FindInvalidCharacter(string? text)
    {
        int index = text is null ? -1 : text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        if (index < 0)
            return null;
        string kind =
            text![index] is '\r' or '\n' ? "a line break"
            : text[index] == '\t' ? "a tab"
            : char.IsControl(text[index]) ? "a control character"
            : "a character outside of ASCII";
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{kind} at position {index + 1} of {text.Length}");
    }
}
