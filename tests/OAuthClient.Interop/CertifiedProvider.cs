using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>Runs oidc-provider, an independent certified OpenID provider, in its own process.</summary>
internal sealed class CertifiedProvider : Provider
{
    private readonly ServerProcess process;

    private CertifiedProvider(ServerProcess process) => this.process = process;

    public override Uri Issuer => process.Issuer;

    public static async Task<CertifiedProvider> StartAsync()
    {
        await NodeProgram.RequireAsync();
        return new(
            await ServerProcess.StartAsync(
                "oidc-provider",
                new(NodeProgram.Executable!, ["provider.js"])
                {
                    WorkingDirectory = NodeProgram.Folder,
                    Environment =
                    {
                        ["TLS_KEY"] = Certificates.ServersKey,
                        ["TLS_CERTIFICATE"] = Certificates.Server.ExportCertificatePem(),
                    },
                }
            )
        );
    }

    public override Task AddAsync(JsonObject client) => process.CommandAsync("client", client);

    public Task RotateKeysAsync(bool keepPrevious) => process.CommandAsync("rotate", new JsonObject { ["keepPrevious"] = keepPrevious });

    public override ValueTask DisposeAsync() => process.DisposeAsync();
}
