using System.Diagnostics;

namespace OAuthClient.Interop;

/// <summary>The installed Python that has django-oauth-toolkit.</summary>
internal static class PythonProgram
{
    // Only a limit against hanging; no test waits for it.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Django");

    /// <summary>
    /// Skips the test, or fails it on a build server, if no Python has django-oauth-toolkit; the message says what to do.
    /// </summary>
    /// <returns>The path of Python.</returns>
    public static async Task<string> RequireAsync()
    {
        string? python = null;
        // The first Python of the PATH may be another one than that for which the system's packages are.
        foreach (string candidate in Prerequisite.FindAll("python3").Distinct(StringComparer.Ordinal))
        {
            if (python is null && await HasToolkitAsync(candidate))
                python = candidate;
        }
        await Prerequisite.RequireAsync(
            python is not null
                ? null
                : "NO DJANGO-OAUTH-TOOLKIT: the tests against it did not run. Install Python 3 with django-oauth-toolkit (the Debian "
                    + "package python3-django-oauth-toolkit) on the PATH and run them again."
        );
        return python!;
    }

    private static async Task<bool> HasToolkitAsync(string python)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var process = Process.Start(
            new ProcessStartInfo(python, ["-c", "import oauth2_provider"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.StandardError.ReadToEndAsync(limit.Token);
        await output;
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0;
    }
}
