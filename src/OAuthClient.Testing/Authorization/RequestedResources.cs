namespace OAuthClient.Testing;

/// <summary>Validates the parameter <c>resource</c> (RFC 8707 §2).</summary>
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
                throw OAuthErrorException.InvalidTarget("A resource must be an absolute URI without a fragment.");
        }

        return [.. values.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Returns the requested resources, which must have been granted, or all granted resources if none was requested (§2.2).
    /// </summary>
    public static IReadOnlyList<string> Narrow(IReadOnlyList<string> granted, IReadOnlyList<string> values)
    {
        IReadOnlyList<string> requested = Parse(values);
        return requested.FirstOrDefault(resource => !granted.Contains(resource)) is not null
                ? throw OAuthErrorException.InvalidTarget("A requested resource was not part of the authorization request.")
            : requested is [] ? granted
            : requested;
    }
}
