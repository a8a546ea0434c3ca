using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>
/// Tests core, handler and store as native code, in a process of their own. The publish turns each trim and AOT warning into an error.
/// </summary>
[TestFixture]
public sealed class NativeAotTests
{
    private const string RedirectUri = "https://app.example/callback";
    private const string Publish = "dotnet publish tests/OAuthClient.NativeAot";

    private const string Secret = "a-long-test-secret";

    [Test]
    [Description(
        "A native program connects a user, calls an API, refreshes the rejected access token, stores its grant, and signs with Ed25519"
    )]
    public Task A_native_program_connects_calls_and_refreshes() =>
        RunAsync(
            new()
            {
                ClientId = "photos",
                ClientSecret = Secret,
                RedirectUris = { RedirectUri },
            },
            tokenType: "Bearer",
            $"--Photos:ClientSecret={Secret}"
        );

    [Test]
    [Description(
        "RFC 7523 §2.2, RFC 9449: a native program authenticates with a private key, and binds its tokens to a key that it stores"
    )]
    public async Task A_native_program_signs_assertions_and_proofs()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string pem = key.ExportPkcs8PrivateKeyPem();
        await RunAsync(
            new()
            {
                ClientId = "photos",
                AuthenticationMethod = "private_key_jwt",
                PublicKeys = new() { ["keys"] = new JsonArray(JsonNode.Parse(SigningKey.Parse(pem).PublicJwk)) },
                RequireDPoP = true,
                RedirectUris = { RedirectUri },
            },
            tokenType: "DPoP",
            $"--Photos:ClientAssertion:PrivateKey={pem}",
            "--Photos:DPoP:Enabled=true"
        );
    }

    private static async Task RunAsync(TestClient client, string tokenType, params IReadOnlyList<string> settings)
    {
        string path = await RequireProgramAsync();
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var server = await TestAuthorizationServer.StartAsync();
        // A nonce is required of proofs only.
        await using var api = await server.StartResourceServerAsync(o => o.RequireDPoPNonces = true);
        server.AddClient(client);

        using var program = Start(
            path,
            [
                .. settings,
                $"--ConnectionStrings:Grants={cluster.ConnectionString}",
                $"--Schema={schema}",
                $"--Key={Node.Key}",
                $"--Api={api.BaseAddress}",
                $"--Photos:Issuer={server.Issuer.OriginalString}",
                "--Photos:ClientId=photos",
                $"--Photos:RedirectUri={RedirectUri}",
                "--Photos:Scopes:0=openid",
                "--Photos:Scopes:1=offline_access",
                "--Photos:DangerouslyAllowHttpOnLoopback=true",
            ]
        );
        try
        {
            var callback = await server.SignInAsync(new(await ReadAsync(program, "authorize ")));
            await program.StandardInput.WriteLineAsync(callback.OriginalString);
            Assert.That(await ReadAsync(program, "called "), Does.Contain("alice"));
            Assert.That(
                await Sql.ReadAsync<long>(cluster, $"SELECT generation FROM {schema}.grants_v4"),
                Is.EqualTo(1),
                "the grant is in the database"
            );
            Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));

            server.ExpireAccessTokens();
            await program.StandardInput.WriteLineAsync();
            Assert.That(await ReadAsync(program, "called "), Does.Contain("alice"));
            Assert.That(server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2));

            await program.StandardInput.WriteLineAsync();
            Assert.That(await ReadAsync(program, "generation "), Is.EqualTo("2"));
            Assert.That(await ReadAsync(program, "token_type "), Is.EqualTo(tokenType));
            Assert.That(await ReadAsync(program, "Ed25519 "), Is.EqualTo("True"), "the native library of the package is found");
            await program.WaitForExitAsync().Promptly();
            Assert.That(program.ExitCode, Is.Zero);
        }
        finally
        {
            program.Kill(entireProcessTree: true);
        }
    }

    private static async Task<string> RequireProgramAsync()
    {
        string path = FindProgram();
        if (File.Exists(path))
            return path;
        const string missing = $"NOT PUBLISHED: the native program did not run. Publish it: {Publish} (needs clang or gcc, and zlib)";
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.Fail(missing);
        await TestContext.Error.WriteLineAsync(missing);
        Assert.Ignore(missing);
        return path;
    }

    private static string FindProgram()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "OAuthClient.sln")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("No OAuthClient.sln above the test.");
        string name = OperatingSystem.IsWindows() ? "OAuthClient.NativeAot.exe" : "OAuthClient.NativeAot";
        return Path.Combine(root, "tests", "OAuthClient.NativeAot", "bin", "native", name);
    }

    private static Process Start(string path, IEnumerable<string> arguments) =>
        Process.Start(
            new ProcessStartInfo(path, arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;

    /// <summary>Reads the next line, which starts with what the program does, and returns the rest.</summary>
    private static async Task<string> ReadAsync(Process program, string start)
    {
        string? line = await program.StandardOutput.ReadLineAsync().Promptly();
        Assert.That(line, Does.StartWith(start));
        return line![start.Length..];
    }
}
