using System.Diagnostics;

namespace OAuthClient.Interop;

/// <summary>
/// The installed Node.js and the packages of <c>OidcProvider/package-lock.json</c>, which the first test that needs them installs.
/// </summary>
internal static class NodeProgram
{
    // Only a limit against hanging; no test waits for it.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static readonly Lock Installing = new();
    private static Task<string?>? installed;

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "OidcProvider");

    public static string? Executable { get; } = Prerequisite.Find("node");

    /// <summary>
    /// Skips the test, or fails it on a build server, if Node.js or its packages are missing; the message says what to do.
    /// </summary>
    public static async Task RequireAsync()
    {
        Task<string?> installation;
        lock (Installing)
            installation = installed ??= Task.Run(InstallAsync);
        await Prerequisite.RequireAsync(await installation);
    }

    /// <returns>What is missing; <see langword="null"/> if nothing is.</returns>
    private static async Task<string?> InstallAsync()
    {
        if (Executable is null || Prerequisite.Find("npm") is not { } npm)
            return "NO NODE.JS: the tests against oidc-provider did not run. "
                + "Install Node.js 20 or later with npm on the PATH and run them again.";
        string wanted = await File.ReadAllTextAsync(Path.Combine(Folder, "package-lock.json"));
        string stamp = Path.Combine(Folder, "node_modules", ".installed");
        if (File.Exists(stamp) && string.Equals(await File.ReadAllTextAsync(stamp), wanted, StringComparison.Ordinal))
            return null;
        using var limit = new CancellationTokenSource(Limit);
        using var process = Process.Start(
            new ProcessStartInfo(npm, ["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            {
                UseShellExecute = false,
                WorkingDirectory = Folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        string errors = await process.StandardError.ReadToEndAsync(limit.Token);
        await output;
        await process.WaitForExitAsync(limit.Token);
        if (process.ExitCode != 0)
            return "NO OIDC-PROVIDER: the tests against it did not run, because \"npm ci\" failed; "
                + $"make the npm registry reachable and run them again. Output of npm: {errors}";
        await File.WriteAllTextAsync(stamp, wanted);
        return null;
    }
}
