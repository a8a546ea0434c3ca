namespace OAuthClient;

/// <summary>Validates resource indicators: absolute URIs without a fragment, sent exactly as they are written (RFC 8707 §2).</summary>
internal static class ResourceIndicators
{
    /// <summary>Validates resource indicators and removes duplicates.</summary>
    /// <param name="resources">The resource indicators.</param>
    /// <returns>The distinct resource indicators as they are written.</returns>
    /// <exception cref="ArgumentException">A resource indicator is relative or has a fragment.</exception>
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
                .Distinct(),
        ];
}
