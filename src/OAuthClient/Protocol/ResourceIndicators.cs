namespace OAuthClient;

/// <summary>Resource indicators on the wire: absolute, without fragment, as the developer wrote them (RFC 8707 §2).</summary>
internal static class ResourceIndicators
{
    /// <exception cref="ArgumentException">One is relative or has a fragment.</exception>
    public static string[] Checked(IEnumerable<Uri> resources) =>
        [
            .. resources
                .Select(resource =>
                    resource is { IsAbsoluteUri: true } && !resource.OriginalString.Contains('#', StringComparison.Ordinal)
                        ? resource.OriginalString
                        : throw new ArgumentException(
                            $"The resource '{resource}' must be an absolute URI without a fragment (RFC 8707 §2).",
                            nameof(resources)
                        )
                )
                .Distinct(StringComparer.Ordinal),
        ];
}
