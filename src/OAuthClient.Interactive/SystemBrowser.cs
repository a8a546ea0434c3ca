using System.ComponentModel;
using System.Diagnostics;

namespace OAuthClient.Interactive;

/// <summary>
/// Starts the browser of the system. The address is one of the web, without a character that a shell evaluates, and the launcher has an
/// absolute path.
/// </summary>
internal static class SystemBrowser
{
    // A launcher that fails says so at once; one that succeeds may stay for as long as the browser runs.
    private static readonly TimeSpan FailureTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Opens the browser.</summary>
    /// <returns><see langword="false"/> if this machine has no browser that the program can open.</returns>
    public static Task<bool> OpenAsync(Uri address, CancellationToken cancellationToken) =>
        OpenAsync(address, Environment.GetEnvironmentVariable, cancellationToken);

    /// <inheritdoc cref="OpenAsync(Uri, CancellationToken)"/>
    /// <param name="address">The address.</param>
    /// <param name="environment">Returns the value of an environment variable.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public static async Task<bool> OpenAsync(Uri address, Func<string, string?> environment, CancellationToken cancellationToken) =>
        FindLauncher(AuthorizationAddress.Checked(address).AbsoluteUri, environment) is { } launcher
        && await TryStartAsync(launcher, cancellationToken).ConfigureAwait(false);

    private static ProcessStartInfo? FindLauncher(string address, Func<string, string?> environment)
    {
        if (OperatingSystem.IsWindows())
            // The system passes a web address to the default browser; Checked excludes every other address.
            return new(address) { UseShellExecute = true };
        if (OperatingSystem.IsMacOS())
            return Program("/usr/bin/open", address);
        // The folders of Windows are absolute entries of PATH. wslview would pass the address to PowerShell, which evaluates it.
        if (IsSet("WSL_DISTRO_NAME") || IsSet("WSL_INTEROP"))
            return Found("rundll32.exe", "url.dll,FileProtocolHandler", address);
        // Without a display, the launcher would start a browser in the terminal, or none.
        return IsSet("DISPLAY") || IsSet("WAYLAND_DISPLAY") ? Found("xdg-open", address) : null;

        bool IsSet(string variable) => !string.IsNullOrEmpty(environment(variable));

        ProcessStartInfo? Found(string name, params string[] arguments) =>
            ProgramPath.Find(name, environment("PATH")) is { } path ? Program(path, arguments) : null;
    }

    private static async Task<bool> TryStartAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(start);
            if (process is null)
                return start.UseShellExecute;
            using CancellationTokenSource timeout = new(FailureTimeout, TimeProvider.System);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            await process.WaitForExitAsync(linked.Token).ConfigureAwait(false);
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception exception) when (exception is Win32Exception or FileNotFoundException or PlatformNotSupportedException)
        {
            return false;
        }
    }

    private static ProcessStartInfo Program(string path, params string[] arguments) => new(path, arguments) { UseShellExecute = false };
}
