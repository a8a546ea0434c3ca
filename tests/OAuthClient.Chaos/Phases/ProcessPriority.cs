using System.Globalization;
using System.Runtime.InteropServices;
using OAuthClient.Chaos.Verdicts;

namespace OAuthClient.Chaos.Phases;

/// <summary>Raises the priority of the rig, which its nodes and PostgreSQL inherit, so that other programs disturb it less.</summary>
internal static class ProcessPriority
{
    private const int Niceness = -10;
    private const int NoSuchThread = 3;

    /// <returns>Whether the system allowed it.</returns>
    public static bool TryRaise()
    {
        // Linux sets the priority of threads only; a new thread or process inherits that of the thread that starts it. The second
        // iteration finds threads that start during the first.
        return OperatingSystem.IsLinux()
            && RunDelay
                .OwnThreads()
                .Concat(RunDelay.OwnThreads())
                .All(thread =>
                    SetPriority(which: 0, int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), Niceness) == 0
                    || Marshal.GetLastPInvokeError() == NoSuchThread
                );
    }

    /// <summary>Creates a session for this process.</summary>
    /// <remarks>
    /// Linux can divide the processors among sessions. Each process of PostgreSQL has its own session, so each node needs one too: in one
    /// session all nodes together would get as much processor time as one connection to the database.
    /// </remarks>
    public static void EnterOwnSession()
    {
        if (OperatingSystem.IsLinux())
            _ = CreateSession();
    }

    public static string Describe(bool isRaised) =>
        isRaised ? string.Create(CultureInfo.InvariantCulture, $"raised (nice {Niceness})") : "normal";

    [DllImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static extern int SetPriority(int which, int id, int niceness);

    [DllImport("libc", EntryPoint = "setsid")]
    private static extern int CreateSession();
}
