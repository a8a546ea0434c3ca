using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>Runs oidc-provider, an independent certified OpenID provider, in its own process.</summary>
internal sealed class CertifiedProvider : Provider
{
    private readonly ServerProcess process;

    private CertifiedProvider(ServerProcess process) => this.process = process;

    public override Uri Issuer => process.Issuer;

    /// <param name="required">What the provider requires of all clients, as <c>provider.js</c> names it.</param>
    public static async Task<CertifiedProvider> StartAsync(JsonObject? required = null)
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
                        ["REQUIRED"] = (required ?? []).ToJsonString(),
                    },
                }
            )
        );
    }

    public override Task AddAsync(JsonObject client) => process.CommandAsync("client", client);

    public Task RotateKeysAsync(bool keepPrevious) => process.CommandAsync("rotate", new JsonObject { ["keepPrevious"] = keepPrevious });

    /// <summary>Replaces the secret of the DPoP nonces, so that the provider refuses each nonce that it issued.</summary>
    public Task RotateNoncesAsync() => process.CommandAsync("rotateNonces", new JsonObject());

    public override ValueTask DisposeAsync() => process.DisposeAsync();
}
