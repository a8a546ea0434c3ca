namespace OAuthClient.Conventions.Tests;

internal static class Repository
{
    // Not [CallerFilePath]: a deterministic build maps it to a path that does not exist.
    public static string Root { get; } = FindRoot();

    private static readonly string[] IgnoreLines = File.ReadAllLines(Path.Combine(Root, ".gitignore"));

    private static readonly HashSet<string> IgnoredFolders =
    [
        .. IgnoreLines.Where(line => line.EndsWith('/')).Select(line => line.TrimEnd('/')),
        ".git",
    ];

    // In a linked worktree ".git" is a file.
    private static readonly string[] IgnoredEndings =
    [
        .. IgnoreLines.Where(line => line.StartsWith("*.", StringComparison.Ordinal)).Select(line => line[1..]),
        ".git",
    ];

    public static IReadOnlyList<string> SourceProjects { get; } = ProjectsUnder("src");

    public static IReadOnlyList<string> ProjectsUnder(string area) =>
        [
            .. Directory
                .EnumerateDirectories(Path.Combine(Root, area))
                .Where(folder => Directory.EnumerateFiles(folder, "*.csproj").Any())
                .Select(folder => Path.GetFileName(folder))
                .Order(StringComparer.Ordinal),
        ];

    public static string ProjectFile(string area, string project) =>
        Directory.EnumerateFiles(Path.Combine(Root, area, project), "*.csproj").Single();

    // The files that would be committed, without calling git, because a source archive has no repository.
    public static IReadOnlyList<RepositoryFile> Files { get; } = [.. Walk(Root).OrderBy(file => file.Path, StringComparer.Ordinal)];

    public static IEnumerable<RepositoryFile> CSharpFiles => Files.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal));

    private static IEnumerable<RepositoryFile> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            if (!IgnoredEndings.Any(name => Path.GetFileName(file).EndsWith(name, StringComparison.Ordinal)))
                yield return new(Path.GetRelativePath(Root, file).Replace('\\', '/'), file);
        foreach (var child in Directory.EnumerateDirectories(folder))
            if (!IgnoredFolders.Contains(Path.GetFileName(child)))
                foreach (var file in Walk(child))
                    yield return file;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OAuthClient.sln")))
                return folder.FullName;
        throw new InvalidOperationException(
            $"No OAuthClient.sln above {AppContext.BaseDirectory}: these tests read the repository in which they were built."
        );
    }
}

internal sealed record RepositoryFile(string Path, string FullPath)
{
    public string Text => File.ReadAllText(FullPath);
}
