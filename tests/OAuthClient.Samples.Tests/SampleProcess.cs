using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace OAuthClient.Samples.Tests;

/// <summary>Runs a sample in its own process, which is ended by its process id.</summary>
internal sealed class SampleProcess : IDisposable
{
    // Only a limit against hanging; no test waits for it.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly CancellationTokenSource limit = new(Limit);
    private readonly Channel<string> lines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder seen = new();

    private SampleProcess(Process process)
    {
        this.process = process;
        _ = PumpAsync();
    }

    /// <param name="sample">The name of its folder under <c>samples</c> and of its assembly.</param>
    /// <param name="arguments">Its arguments.</param>
    public static SampleProcess Start(string sample, params string[] arguments)
    {
        // The build output of the sample, with the files and frameworks that it refers to; the output of this project has others.
        string here = AppContext.BaseDirectory;
        string folder = here.Replace(
            Path.Combine("tests", "OAuthClient.Samples.Tests"),
            Path.Combine("samples", sample),
            StringComparison.Ordinal
        );
        string dotnet = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(dotnet, [Path.Combine(folder, sample + ".dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
            StandardOutputEncoding = Encoding.UTF8,
        };
        // Without a PATH the sample finds no browser to open: the test acts as the browser.
        start.Environment["PATH"] = "";
        return new SampleProcess(Process.Start(start)!);
    }

    /// <summary>Waits for the first line that matches.</summary>
    public async Task<string> WaitForAsync(Regex pattern)
    {
        await foreach (string line in lines.Reader.ReadAllAsync(limit.Token))
        {
            seen.AppendLine(line);
            if (pattern.IsMatch(line))
                return line;
        }
        throw new AssertionException($"The sample ended without a line like {pattern}:\n{seen}");
    }

    /// <summary>Returns the whole output after the process has exited.</summary>
    public async Task<string> ReadToEndAsync()
    {
        await foreach (string line in lines.Reader.ReadAllAsync(limit.Token))
            seen.AppendLine(line);
        return seen.ToString();
    }

    public async Task<int> ExitCodeAsync()
    {
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
        limit.Dispose();
    }

    private async Task PumpAsync()
    {
        await Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
        lines.Writer.Complete();
    }

    private async Task PumpAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
            lines.Writer.TryWrite(line);
    }
}
