using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using OAuthClient.Chaos.Nodes;

namespace OAuthClient.Chaos.Phases;

/// <summary>A node seen from outside: a process that can be given orders, stopped and killed.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private const int Continue = 18;
    private const int Stop = 19;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly int processId;
    private readonly Action<NodeEvent> report;
    private readonly Channel<string> answers = Channel.CreateUnbounded<string>();
    private bool isDisposed;

    private NodeProcess(Process process, string name, Action<NodeEvent> report)
    {
        this.process = process;
        processId = process.Id;
        this.report = report;
        Name = name;
    }

    public string Name { get; }

    /// <summary>When it was stopped last, until it goes on: nothing that it knew then can be relied upon.</summary>
    public bool IsStopped { get; private set; }

    public DateTimeOffset? StoppedUntil { get; private set; }

    public bool HasEnded => isDisposed || process.HasExited;

    /// <summary>What it printed when it should not have.</summary>
    public string Complaints { get; private set; } = "";

    /// <summary>When it was told to end, and when the rig killed it because it did not.</summary>
    public (DateTimeOffset From, DateTimeOffset To)? Overdue { get; private set; }

    /// <param name="settings">What the node is told.</param>
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
        // Run as "dotnet OAuthClient.Chaos.dll" or as a program of its own.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(NodeProcess).Assembly.Location);
        start.ArgumentList.Add("node");
        start.ArgumentList.Add(settings.Write());
        NodeProcess node = new(Process.Start(start)!, settings.Name, report);
        node.process.ErrorDataReceived += (_, line) => node.Complaints += line.Data + "\n";
        node.process.BeginErrorReadLine();
        node.process.OutputDataReceived += (_, line) => node.Read(line.Data);
        node.process.BeginOutputReadLine();
        return node;
    }

    /// <returns>The next answer; <see langword="null"/> when the process has ended.</returns>
    public async Task<string?> HearAsync() =>
        await answers.Reader.WaitToReadAsync() && answers.Reader.TryRead(out string? answer) ? answer : null;

    public async Task TellAsync(string order)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(order);
            await process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It was killed; whoever listens hears of it.
        }
    }

    public async Task<string?> AskAsync(string order)
    {
        await TellAsync(order);
        return await HearAsync();
    }

    public void StopForAWhile()
    {
        IsStopped = true;
        _ = Signal(processId, Stop);
    }

    public void GoOn()
    {
        _ = Signal(processId, Continue);
        IsStopped = false;
        StoppedUntil = TimeProvider.System.GetUtcNow();
    }

    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        process.StandardInput.Close();
        var told = TimeProvider.System.GetUtcNow();
        using CancellationTokenSource patience = new(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Overdue = (told, TimeProvider.System.GetUtcNow());
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
        process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
            answers.Writer.TryComplete();
        else if (NodeEvent.TryRead(line) is { } happened)
            report(happened);
        else
            answers.Writer.TryWrite(line);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int processId, int signal);
}
