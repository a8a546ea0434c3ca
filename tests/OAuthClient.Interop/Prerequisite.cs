using System.Collections.Concurrent;

namespace OAuthClient.Interop;

/// <summary>Programs of the machine that tests need.</summary>
internal static class Prerequisite
{
    private static readonly ConcurrentDictionary<string, bool> Reported = new(StringComparer.Ordinal);

    /// <summary>Skips the test, or fails it on a build server, if something is missing.</summary>
    /// <param name="missing">What is missing and what to do; <see langword="null"/> if nothing is.</param>
    public static async Task RequireAsync(string? missing)
    {
        if (missing is null)
            return;
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.Fail(missing);
        if (Reported.TryAdd(missing, true))
            await TestContext.Error.WriteLineAsync(missing);
        Assert.Ignore(missing);
    }

    /// <returns>The path of the program; <see langword="null"/> if no folder of the PATH has it.</returns>
    public static string? Find(string name) => FindAll(name).FirstOrDefault();

    /// <returns>Each program of that name, in the order of the PATH.</returns>
    public static IEnumerable<string> FindAll(string name) =>
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        let path = Path.Combine(folder, OperatingSystem.IsWindows() ? name + (name is "npm" ? ".cmd" : ".exe") : name)
        where folder.Length > 0 && File.Exists(path)
        select path;
}
