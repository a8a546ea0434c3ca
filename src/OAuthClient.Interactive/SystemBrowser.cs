using System.ComponentModel;
using System.Diagnostics;

namespace OAuthClient.Interactive;

/// <summary>
/// Starts the browser of the system. No shell reads the address, and no other address than one of the web is passed on.
/// </summary>
internal static class SystemBrowser
{
    // A launcher that fails says so at once; one that succeeds may stay for as long as the browser runs.
    private static readonly TimeSpan FailureTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Opens the browser.</summary>
    /// <returns><see langword="false"/> if this machine has no browser that the program can open.</returns>
    public static async Task<bool> OpenAsync(Uri address, CancellationToken cancellationToken)
    {
        string text = AuthorizationAddress.Checked(address).AbsoluteUri;
        foreach (var start in Candidates(text))
        {
            if (await TryStartAsync(start, cancellationToken).ConfigureAwait(false))
                return true;
        }
        return false;
    }

    private static IEnumerable<ProcessStartInfo> Candidates(string address)
    {
        if (OperatingSystem.IsWindows())
            // The system passes a web address to the default browser; Checked excludes every other address.
            return [new(address) { UseShellExecute = true }];
        if (OperatingSystem.IsMacOS())
            return [Program("/usr/bin/open", address)];
        if (IsWindowsSubsystem())
            return [Program("wslview", address), Program("rundll32.exe", "url.dll,FileProtocolHandler", address)];
        // Without a display, the launcher would start a browser in the terminal, or none.
        return HasDisplay() ? [Program("xdg-open", address)] : [];
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

    private static ProcessStartInfo Program(string name, params string[] arguments) => new(name, arguments) { UseShellExecute = false };

    private static bool HasDisplay() => IsSet("DISPLAY") || IsSet("WAYLAND_DISPLAY");

    private static bool IsWindowsSubsystem() => IsSet("WSL_DISTRO_NAME") || IsSet("WSL_INTEROP");

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));
}
