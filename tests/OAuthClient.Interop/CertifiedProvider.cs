using System.Diagnostics;
using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>
/// Runs oidc-provider, an independent certified OpenID provider, in its own process. It ends when its input ends, or is killed by its
/// process id.
/// </summary>
internal sealed class CertifiedProvider : IAsyncDisposable
{
    // Only a limit against hanging; no test waits for it.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly Process process;
    private readonly SemaphoreSlim turn = new(1);
    private readonly List<string> errors = [];

    private CertifiedProvider(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
                errors.Add(line.Data ?? "");
        };
        process.BeginErrorReadLine();
    }

    public Uri Issuer { get; private set; } = null!;

    /// <summary>Gets the errors that the provider wrote.</summary>
    public string Errors
    {
        get
        {
            lock (errors)
                return string.Join('\n', errors.Where(line => !line.Contains("WARNING", StringComparison.Ordinal)));
        }
    }

    public static async Task<CertifiedProvider> StartAsync()
    {
        await NodeProgram.RequireAsync();
        CertifiedProvider provider = new(
            Process.Start(
                new ProcessStartInfo(NodeProgram.Executable!, ["provider.js"])
                {
                    UseShellExecute = false,
                    WorkingDirectory = NodeProgram.Folder,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    Environment =
                    {
                        ["TLS_KEY"] = Certificates.ServersKey,
                        ["TLS_CERTIFICATE"] = Certificates.Server.ExportCertificatePem(),
                    },
                }
            )!
        );
        try
        {
            provider.Issuer = new((await provider.ReadAsync())["issuer"]!.GetValue<string>());
            return provider;
        }
        catch (Exception)
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    /// <summary>Registers a client by its metadata (OpenID Connect Dynamic Registration §2).</summary>
    public Task AddAsync(JsonObject client) => CommandAsync("client", client);

    public Task RotateKeysAsync(bool keepPrevious) => CommandAsync("rotate", new JsonObject { ["keepPrevious"] = keepPrevious });

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        turn.Dispose();
    }

    private async Task CommandAsync(string command, JsonNode argument)
    {
        await turn.WaitAsync();
        try
        {
            await process.StandardInput.WriteLineAsync(new JsonObject { [command] = argument }.ToJsonString());
            await process.StandardInput.FlushAsync();
            var response = await ReadAsync();
            if (response["failed"] is { } failed)
                throw new AssertionException($"oidc-provider: {failed}");
        }
        finally
        {
            turn.Release();
        }
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
        throw new AssertionException($"oidc-provider exited: {Errors}");
    }
}
