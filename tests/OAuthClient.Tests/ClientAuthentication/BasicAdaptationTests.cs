using System.Text;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests client authentication at servers that read Basic credentials in another form (RFC 6749 §2.3.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BasicAdaptationTests
{
    private const string Secret = "s+e/c %r:et";

    [TestCase(false, "id:s%2Be%2Fc+%25r%3Aet"), TestCase(true, "id:" + Secret)]
    [Description("RFC 6749 §2.3.1: the secret is encoded, unless the server does not decode it")]
    public async Task The_secret_is_sent_as_the_server_reads_it(bool unencoded, string expected)
    {
        await using var host = await StartAsync(
            Secret,
            o => o.Adaptation.UseUnencodedBasicCredentials = unencoded,
            o => o.ReadUnencodedBasicCredentials = unencoded
        );
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        Assert.That(Credentials(host), Is.EqualTo(expected));
        Assert.That(Sent(host).Form.Keys, Has.No.Member("client_id"));
    }

    [Test]
    [Description("A public client sends its identifier with an empty password where the server requires Basic, as Reddit does")]
    public async Task A_public_client_sends_an_empty_password()
    {
        await using var host = await StartAsync(
            null,
            o => o.Adaptation.UseBasicForPublicClient = true,
            o => o.RequireBasicFromPublicClients = true
        );
        await host.SignInAsync();
        Assert.That(Credentials(host), Is.EqualTo("id:"));
        Assert.That(Sent(host).Form.Keys, Has.No.Member("client_id"));
    }

    [Test]
    [Description("The identifier is repeated in the body where the server requires it beside Basic")]
    public async Task The_identifier_is_repeated_in_the_body()
    {
        await using var host = await StartAsync(Secret, o => o.Adaptation.RepeatClientIdInBody = true);
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        Assert.That(Sent(host).FormValues("client_id"), Is.EqualTo(["id"]));
    }

    [Test]
    [Description("The secret is the user name where the server reads it there, as Stripe does")]
    public async Task The_secret_is_the_user_name()
    {
        await using var host = await StartAsync(
            "sk_test_1",
            o => (o.Adaptation.UseSecretAsBasicUserName, o.Adaptation.RepeatClientIdInBody) = (true, true),
            o => o.ReadSecretFromBasicUserName = true
        );
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        Assert.That(Credentials(host), Is.EqualTo("sk_test_1:"));
    }

    [TestCase(true), TestCase(false)]
    [Description("No message contains the secret, also where the server echoes it in the form in which it was sent")]
    public async Task No_message_contains_the_secret(bool unencoded)
    {
        await using ScriptedServer server = new(o =>
        {
            o.ClientSecret = Secret;
            o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretBasic;
            o.Adaptation.UseUnencodedBasicCredentials = unencoded;
        });
        server.Answers(request =>
            ScriptedServer.Json(400, $$"""{"error":"invalid_request","error_description":"{{request.Authorization}} and {{Secret}}"}""")
        );
        Assert.That(
            () => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws
                .InstanceOf<TokenEndpointException>()
                .With.Message.Not.Contains(Secret)
                .And.Message.Not.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes("client:" + Secret)))
                .And.Message.Contains("[redacted]")
        );
    }

    private static async Task<OAuthTestHost> StartAsync(
        string? secret,
        Action<OAuthClientOptions> options,
        Action<TestAuthorizationServerOptions>? server = null
    )
    {
        var host = await OAuthTestHost.StartAsync(
            o =>
            {
                (o.ClientId, o.ClientSecret) = ("id", secret);
                options(o);
            },
            server: server
        );
        host.Server.AddClient(
            new TestClient
            {
                ClientId = "id",
                ClientSecret = secret,
                RedirectUris = { OAuthTestHost.Callback },
            }
        );
        return host;
    }

    private static RecordedRequest Sent(OAuthTestHost host) => host.Server.RequestsTo(TestEndpoint.Token)[^1];

    private static string Credentials(OAuthTestHost host) =>
        Encoding.UTF8.GetString(Convert.FromBase64String(Sent(host).Headers["Authorization"]["Basic ".Length..]));
}
