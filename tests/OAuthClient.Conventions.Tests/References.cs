using Microsoft.CodeAnalysis;

namespace OAuthClient.Conventions.Tests;

internal static class References
{
    // The references of the test host: the shared frameworks, and every assembly that the projects under src reference.
    private static readonly Lazy<IReadOnlyDictionary<string, MetadataReference>> All = new(() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .DistinctBy(path => Path.GetFileNameWithoutExtension(path), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(
                path => Path.GetFileNameWithoutExtension(path),
                path => (MetadataReference)MetadataReference.CreateFromFile(path),
                StringComparer.OrdinalIgnoreCase
            )
    );

    public static IEnumerable<MetadataReference> Except(string assembly) =>
        All.Value.Where(one => !string.Equals(one.Key, assembly, StringComparison.OrdinalIgnoreCase)).Select(one => one.Value);

    public static MetadataReference Built(string assembly) =>
        All.Value.TryGetValue(assembly, out var built)
            ? built
            : throw new InvalidOperationException(
                $"{assembly} is not in the output of the convention tests: add a project reference to it."
            );
}
