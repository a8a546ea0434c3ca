namespace OAuthClient.Testing;

/// <summary>The <c>resource</c> parameter (RFC 8707 §2).</summary>
internal static class RequestedResources
{
    public static IReadOnlyList<string> Parse(IReadOnlyList<string> values)
    {
        foreach (string value in values)
        {
            if (
                !Uri.TryCreate(value, UriKind.Absolute, out Uri? uri)
                || uri.Scheme == Uri.UriSchemeFile
                || value.Contains('#', StringComparison.Ordinal)
            )
                throw OAuthErrorException.InvalidTarget("A resource must be an absolute URI without fragment.");
        }

        return [.. values.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Those asked for at the token endpoint must have been authorized; without any, all that were (§2.2).</summary>
    public static IReadOnlyList<string> Narrow(IReadOnlyList<string> granted, IReadOnlyList<string> values)
    {
        IReadOnlyList<string> asked = Parse(values);
        return asked.FirstOrDefault(one => !granted.Contains(one)) is not null
                ? throw OAuthErrorException.InvalidTarget("A resource was asked for that the authorization request did not name.")
            : asked is [] ? granted
            : asked;
    }
}
