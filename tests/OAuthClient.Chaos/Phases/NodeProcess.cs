using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using OAuthClient.Chaos.Nodes;

namespace OAuthClient.Chaos.Phases;

/// <summary>Controls the process of a node: sends commands, suspends and kills it.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private const int Continue = 18;
    private const int Stop = 19;

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly int processId;
    private readonly Action<NodeEvent> report;
    private readonly Channel<string> responses = Channel.CreateUnbounded<string>();
    private bool isDisposed;

    private NodeProcess(Process process, string name, Action<NodeEvent> report)
    {
        this.process = process;
        processId = process.Id;
        this.report = report;
        Name = name;
    }

    public string Name { get; }

    /// <summary>Gets a value indicating whether the process is suspended; its knowledge may be outdated afterwards.</summary>
    public bool IsSuspended { get; private set; }

    public DateTimeOffset? SuspendedUntil { get; private set; }

    public bool HasEnded => isDisposed || process.HasExited;

    /// <summary>Gets the unexpected output of the process.</summary>
    public string Errors { get; private set; } = "";

    /// <summary>Gets the times at which the node was told to shut down, and at which the rig killed it because it did not.</summary>
    public (DateTimeOffset From, DateTimeOffset To)? Overdue { get; private set; }

    /// <param name="settings">The settings of the node.</param>
    /// <param name="report">Called with each event of the node.</param>
    public static NodeProcess Start(NodeSettings settings, Action<NodeEvent> report)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Run as "dotnet OAuthClient.Chaos.dll" or as its own executable.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(NodeProcess).Assembly.Location);
        start.ArgumentList.Add("node");
        start.ArgumentList.Add(settings.Write());
        NodeProcess node = new(Process.Start(start)!, settings.Name, report);
        node.process.ErrorDataReceived += (_, line) => node.Errors += line.Data + "\n";
        node.process.BeginErrorReadLine();
        node.process.OutputDataReceived += (_, line) => node.Read(line.Data);
        node.process.BeginOutputReadLine();
        return node;
    }

    /// <returns>The next response; <see langword="null"/> if the process has exited.</returns>
    public async Task<string?> ReceiveAsync() =>
        await responses.Reader.WaitToReadAsync() && responses.Reader.TryRead(out string? response) ? response : null;

    public async Task SendAsync(string order)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(order);
            await process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // The process was killed; the next read returns null.
        }
    }

    public async Task<string?> AskAsync(string order)
    {
        await SendAsync(order);
        return await ReceiveAsync();
    }

    public void Suspend()
    {
        IsSuspended = true;
        _ = Signal(processId, Stop);
    }

    public void Resume()
    {
        _ = Signal(processId, Continue);
        IsSuspended = false;
        SuspendedUntil = TimeProvider.System.GetUtcNow();
    }

    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        process.StandardInput.Close();
        var began = TimeProvider.System.GetUtcNow();
        using CancellationTokenSource shutdown = new(ShutdownTimeout);
        try
        {
            await process.WaitForExitAsync(shutdown.Token);
        }
        catch (OperationCanceledException)
        {
            Overdue = (began, TimeProvider.System.GetUtcNow());
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
        process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
            responses.Writer.TryComplete();
        else if (NodeEvent.TryRead(line) is { } nodeEvent)
            report(nodeEvent);
        else
            responses.Writer.TryWrite(line);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int processId, int signal);
}
