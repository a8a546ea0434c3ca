using System.Diagnostics;
using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>
/// A provider that runs in its own process. It reads one JSON command per line from its input and responds to each with one line. It ends
/// when its input ends, or is killed by its process id.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    // Only a limit against hanging; no test waits for it.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly string name;
    private readonly Process process;
    private readonly SemaphoreSlim turn = new(1);
    private readonly List<string> errors = [];

    private ServerProcess(string name, ProcessStartInfo start)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        this.name = name;
        process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
                errors.Add(line.Data ?? "");
        };
        process.BeginErrorReadLine();
    }

    /// <summary>Gets the issuer, which the provider wrote first.</summary>
    public Uri Issuer { get; private set; } = null!;

    public static async Task<ServerProcess> StartAsync(string name, ProcessStartInfo start)
    {
        ServerProcess server = new(name, start);
        try
        {
            server.Issuer = new((await server.ReadAsync())["issuer"]!.GetValue<string>());
            return server;
        }
        catch (Exception)
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task CommandAsync(string command, JsonNode argument)
    {
        await turn.WaitAsync();
        try
        {
            await process.StandardInput.WriteLineAsync(new JsonObject { [command] = argument }.ToJsonString());
            await process.StandardInput.FlushAsync();
            var response = await ReadAsync();
            if (response["failed"] is { } failed)
                throw new AssertionException($"{name}: {failed}");
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        turn.Dispose();
    }

    private async Task<JsonNode> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            // Warnings are written to the same stream.
            if (line.StartsWith('{'))
                return JsonNode.Parse(line)!;
        }
        lock (errors)
            throw new AssertionException($"{name} exited: {string.Join('\n', errors)}");
    }
}
