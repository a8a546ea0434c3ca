using System.Diagnostics;
using System.Runtime.InteropServices;
using OAuthClient.Chaos.Nodes;

namespace OAuthClient.Chaos.Phases;

/// <summary>A node seen from outside: a process that can be given orders, stopped and killed.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private const int Continue = 18;
    private const int Stop = 19;

    private readonly Process process;
    private bool isDisposed;

    private NodeProcess(Process process, string name)
    {
        this.process = process;
        Name = name;
    }

    public string Name { get; }

    /// <summary>When it was stopped last, until it goes on: nothing that it knew then can be relied upon.</summary>
    public bool IsStopped { get; private set; }

    public DateTimeOffset? StoppedUntil { get; private set; }

    public bool WasEverStopped => StoppedUntil is not null || IsStopped;

    public bool HasEnded => isDisposed || process.HasExited;

    /// <summary>What it printed when it should not have.</summary>
    public string Complaints { get; private set; } = "";

    public static NodeProcess Start(NodeSettings settings)
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
        NodeProcess node = new(Process.Start(start)!, settings.Name);
        node.process.ErrorDataReceived += (_, line) => node.Complaints += line.Data + "\n";
        node.process.BeginErrorReadLine();
        return node;
    }

    /// <returns>The next line; <see langword="null"/> when the process has ended.</returns>
    public async Task<string?> HearAsync() => await process.StandardOutput.ReadLineAsync();

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
        _ = Signal(process.Id, Stop);
    }

    public void GoOn()
    {
        _ = Signal(process.Id, Continue);
        IsStopped = false;
        StoppedUntil = TimeProvider.System.GetUtcNow();
    }

    public async ValueTask DisposeAsync()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        process.StandardInput.Close();
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
        process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int processId, int signal);
}
