namespace OAuthClient.Interactive;

/// <summary>Finds a program of the system.</summary>
internal static class ProgramPath
{
    /// <summary>
    /// Finds a program in the absolute folders of PATH. <see cref="System.Diagnostics.Process"/> would look into the current folder first,
    /// which can be one that was downloaded.
    /// </summary>
    /// <param name="name">The name of the file.</param>
    /// <param name="path">The value of PATH.</param>
    /// <returns>The absolute path; <see langword="null"/> if no folder holds the file.</returns>
    public static string? Find(string name, string? path) =>
        (path ?? "")
            .Split(Path.PathSeparator)
            .Where(Path.IsPathFullyQualified)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
