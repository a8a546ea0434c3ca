using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OAuthClient.Tests.Shared;

/// <summary>
/// A temporary PostgreSQL server with a cluster in a temporary folder, on a free port of 127.0.0.1, without authentication.
/// </summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    public const string Missing =
        "NO POSTGRESQL: the tests of the PostgreSQL grant store did not run. Install it (apt-get install postgresql, or initdb and "
        + "postgres on the PATH) and run them again.";

    private const string ServerUser = "postgres";

    private static readonly TimeSpan ProcessTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CrashTimeout = TimeSpan.FromMilliseconds(500);

    private readonly string binaries;
    private readonly string folder;
    private readonly string[] settings;
    private Process? server;

    private PostgresCluster(string binaries, string folder, string[] settings)
    {
        this.binaries = binaries;
        this.folder = folder;
        this.settings = settings;
    }

    public int Port { get; private set; }

    /// <summary>Gets the process ID of the server.</summary>
    public int ProcessId => server?.Id ?? throw new InvalidOperationException("The server is not running.");

    public bool IsRunning => server is { HasExited: false };

    public string ConnectionString =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username={ServerUser};Database=postgres");

    /// <summary>Gets a value indicating whether PostgreSQL is installed on this machine.</summary>
    public static bool CanStart => FindBinaries() is not null;

    /// <param name="settings">Settings of the server that replace those of the tests, for example <c>fsync=on</c>.</param>
    public static async Task<PostgresCluster> StartAsync(params string[] settings)
    {
        string found = FindBinaries() ?? throw new InvalidOperationException(Missing);
        PostgresCluster cluster = new(found, Directory.CreateTempSubdirectory("oauthclient-postgres-").FullName, settings);
        try
        {
            if (IsRoot)
                await RunAsync("chown", [ServerUser, cluster.folder]);
            await RunAsync(
                AsServerUser(
                    cluster.Binary("initdb"),
                    ["-D", cluster.Home, "-U", ServerUser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
                )
            );
            await cluster.StartOnFreePortAsync(attempts: 3);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private async Task StartOnFreePortAsync(int attempts)
    {
        for (int attempt = 1; ; attempt++)
        {
            Port = FreePort();
            try
            {
                await StartServerAsync();
                return;
            }
            catch (InvalidOperationException) when (attempt < attempts)
            {
                // Another process has taken the port in the meantime.
                await StopServerAsync(immediately: true);
            }
        }
    }

    /// <summary>Starts the server on the same port with the existing data. Completes when the server accepts connections.</summary>
    public async Task StartServerAsync()
    {
        string[] all =
        [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            string.Create(CultureInfo.InvariantCulture, $"port={Port}"),
            "max_connections=300",
            "shared_buffers=32MB",
            // The tests end processes, not the machine, so that written data survives without fsync.
            "fsync=off",
            "full_page_writes=off",
            "autovacuum_naptime=1h",
            "logging_collector=off",
            "log_destination=stderr",
            "lc_messages=C",
            // Of two values of a setting the last one counts.
            .. settings,
        ];
        TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<string> output = [];
        var process = Start(AsServerUser(Binary("postgres"), ["-D", Home, .. all.SelectMany(setting => new[] { "-c", setting })]));
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                ready.TrySetException(new InvalidOperationException("PostgreSQL has exited:\n" + string.Join('\n', output)));
                return;
            }
            output.Add(line.Data);
            if (output.Count > 100)
                output.RemoveAt(0);
            if (line.Data.Contains("database system is ready to accept connections", StringComparison.Ordinal))
                ready.TrySetResult();
        };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        server = process;
        await ready.Task.WaitAsync(ProcessTimeout);
    }

    /// <summary>Stops the server, either immediately, as in a crash, or after its sessions have ended.</summary>
    public async Task StopServerAsync(bool immediately = false)
    {
        if (server is null)
            return;
        if (!server.HasExited)
            Signal(server.Id, immediately ? PosixSignalNumber.Quit : PosixSignalNumber.Interrupt);
        try
        {
            await server.WaitForExitAsync().WaitAsync(immediately ? CrashTimeout : ProcessTimeout);
        }
        catch (TimeoutException) when (immediately)
        {
            // PostgreSQL gives its sessions five seconds to end. A crash does not, so the sessions are killed.
            foreach (int session in Children(server.Id))
                _ = Kill(session, (int)PosixSignalNumber.Kill);
            await server.WaitForExitAsync().WaitAsync(ProcessTimeout);
        }
        server.Dispose();
        server = null;
    }

    private static IEnumerable<int> Children(int parent)
    {
        if (!OperatingSystem.IsLinux())
            yield break;
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out int id))
                continue;
            string status;
            try
            {
                status = File.ReadAllText(Path.Combine(process, "status"));
            }
            catch (IOException)
            {
                continue;
            }
            if (status.Contains(string.Create(CultureInfo.InvariantCulture, $"\nPPid:\t{parent}\n"), StringComparison.Ordinal))
                yield return id;
        }
    }

    public async Task RestartServerAsync(bool immediately = false)
    {
        await StopServerAsync(immediately);
        await StartServerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopServerAsync(immediately: true);
        Directory.Delete(folder, recursive: true);
    }

    private string Home => Path.Combine(folder, "data");

    // initdb and postgres refuse to run as root.
    private static bool IsRoot => Environment.UserName == "root";

    private static (string File, string[] Arguments) AsServerUser(string file, string[] arguments) =>
        IsRoot ? ("setpriv", ["--reuid", ServerUser, "--regid", ServerUser, "--clear-groups", file, .. arguments]) : (file, arguments);

    private string Binary(string name) => Path.Combine(binaries, name);

    // Debian installs them outside of PATH, in one folder per version.
    private static string? FindBinaries() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Concat(
                Directory.Exists("/usr/lib/postgresql")
                    ? Directory
                        .EnumerateDirectories("/usr/lib/postgresql")
                        .OrderByDescending(version => int.TryParse(Path.GetFileName(version), out int number) ? number : 0)
                        .Select(version => Path.Combine(version, "bin"))
                    : []
            )
            .FirstOrDefault(candidate =>
                candidate.Length > 0 && File.Exists(Path.Combine(candidate, "initdb")) && File.Exists(Path.Combine(candidate, "postgres"))
            );

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Task RunAsync((string File, string[] Arguments) command) => RunAsync(command.File, command.Arguments);

    private static async Task RunAsync(string file, string[] arguments)
    {
        using var process = Start((file, arguments));
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(ProcessTimeout);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{file} exited with code {process.ExitCode}:\n{await output}{await errors}");
    }

    private static Process Start((string File, string[] Arguments) command)
    {
        ProcessStartInfo start = new(command.File, command.Arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private static void Signal(int processId, PosixSignalNumber signal)
    {
        if (Kill(processId, (int)signal) != 0)
            throw new InvalidOperationException($"PostgreSQL could not be signalled: error {Marshal.GetLastPInvokeError()}.");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int processId, int signal);

    private enum PosixSignalNumber
    {
        Interrupt = 2,
        Quit = 3,
        Kill = 9,
    }
}
