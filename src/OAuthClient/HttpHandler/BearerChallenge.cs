namespace OAuthClient;

/// <summary>What a 401 says about the token (RFC 6750 §3).</summary>
internal static class BearerChallenge
{
    /// <summary>Whether a challenge by Bearer says <c>invalid_token</c>, or no error at all: some servers never name one.</summary>
    public static bool InvitesAnotherToken(HttpResponseMessage response)
    {
        foreach (var challenge in response.Headers.WwwAuthenticate)
        {
            if (string.Equals(challenge.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase)
                && Error(challenge.Parameter) is null or ErrorCodes.InvalidToken)
            {
                return true;
            }
        }
        return false;
    }

    private static string? Error(string? parameters)
    {
        foreach (string parameter in Parts(parameters ?? ""))
        {
            int equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && parameter.AsSpan(0, equals).Trim().Equals("error", StringComparison.OrdinalIgnoreCase))
                return parameter[(equals + 1)..].Trim().Trim('"');
        }
        return null;
    }

    // Commas part the parameters, except inside quotes.
    private static IEnumerable<string> Parts(string parameters)
    {
        int start = 0;
        bool quoted = false;
        for (int i = 0; i < parameters.Length; i++)
        {
            if (quoted && parameters[i] == '\\')
                i++;
            else if (parameters[i] == '"')
                quoted = !quoted;
            else if (parameters[i] == ',' && !quoted)
            {
                yield return parameters[start..i];
                start = i + 1;
            }
        }
        yield return parameters[start..];
    }
}
