using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>Runs django-oauth-toolkit in its own process, with a database in a temporary folder.</summary>
internal sealed class DjangoProvider : Provider
{
    private readonly ServerProcess process;
    private readonly DirectoryInfo files;

    private DjangoProvider(ServerProcess process, DirectoryInfo folder)
    {
        this.process = process;
        files = folder;
    }

    public override Uri Issuer => process.Issuer;

    /// <summary>Gets the key of Alice's row in the database, which django-oauth-toolkit uses as the subject.</summary>
    public override string Alice => "1";

    public static async Task<DjangoProvider> StartAsync()
    {
        string python = await PythonProgram.RequireAsync();
        var folder = Directory.CreateTempSubdirectory("oauthclient-django-");
        try
        {
            return new(
                await ServerProcess.StartAsync(
                    "django-oauth-toolkit",
                    new(python, ["provider.py"])
                    {
                        WorkingDirectory = PythonProgram.Folder,
                        Environment =
                        {
                            ["DATABASE"] = Path.Combine(folder.FullName, "provider.sqlite3"),
                            ["PYTHONDONTWRITEBYTECODE"] = "1",
                        },
                    }
                ),
                folder
            );
        }
        catch (Exception)
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    public override Task AddAsync(JsonObject client) => process.CommandAsync("client", client);

    /// <summary>Sets the endpoints that the metadata of django-oauth-toolkit does not contain.</summary>
    public override void Configure(OAuthClientOptions o)
    {
        o.RevocationEndpoint = new(Issuer.OriginalString + "/revoke_token/");
        o.IntrospectionEndpoint = new(Issuer.OriginalString + "/introspect/");
    }

    public override async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        files.Delete(recursive: true);
    }
}
