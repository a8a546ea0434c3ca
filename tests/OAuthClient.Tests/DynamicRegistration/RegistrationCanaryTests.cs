using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>
/// A canary in every secret of a registration, all logs at Trace, all traces and metrics, and a server that says them back in every way:
/// no canary is heard (RFC 6819 §4.1.6, RFC 7591 §5, RFC 7592 §5).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationCanaryTests
{
    // In the initial access token, the software statement, the client secrets, the registration access tokens and the introspected token.
    private const string Canary = "canary-8c1e";

    [Test]
    [Description("RFC 6749 §10.14, RFC 6819 §4.2.1: registered, managed, introspected, refused and answered with nonsense")]
    public async Task No_secret_of_a_registration_is_heard()
    {
        using CanaryEavesdropper ear = new();
        RegisteringServer server = new() { Rotates = true, SecretPrefix = Canary };
        int provoked = 0;
        foreach (var lie in Lies)
        {
            await using var node = server.Node(
                dynamic: o => (o.InitialAccessToken, o.SoftwareStatement) = (Canary + "-initial", Canary + "-statement"),
                first: services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(ear))
            );
            var registration = node.Services.GetRequiredService<DynamicRegistration>();
            var introspection = node.Services.GetRequiredService<TokenIntrospection>();
            node.Answers(lie);
            await ProvokeAsync(() => registration.RegisterAsync());
            node.Clock.Advance(TimeSpan.FromMinutes(1));
            node.AnswersAsync(server.AnswerAsync);
            var client = await registration.RegisterAsync();
            foreach (
                object shown in new object[]
                {
                    client,
                    registration,
                    introspection,
                    node.Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitor<OAuthClientOptions>>().CurrentValue,
                }
            )
            {
                ear.Hear("text", shown);
                try
                {
                    ear.Hear("JSON", JsonSerializer.Serialize(shown));
                }
                catch (NotSupportedException refusal)
                {
                    ear.Hear("JSON refusal", refusal);
                }
            }
            node.Answers(lie);
            await ProvokeAsync(() => registration.ReadAsync());
            await ProvokeAsync(() => registration.UpdateAsync());
            await ProvokeAsync(() => registration.DeleteAsync());
            await ProvokeAsync(() => introspection.IntrospectAsync(Canary + "-token"));
        }
        ear.Ask();

        Assert.That(provoked, Is.GreaterThan(Lies.Length * 2), "most of it failed");
        Assert.That(ear.Heard, Has.Some.StartsWith("log OAuthClient").And.Some.StartsWith("exception: OAuthClient."));
        Assert.That(ear.Heard.Where(heard => heard.Contains(Canary, StringComparison.OrdinalIgnoreCase)).Take(5), Is.Empty);

        async Task ProvokeAsync(Func<Task> act)
        {
            try
            {
                await act();
            }
            catch (OAuthException exception)
            {
                provoked++;
                for (Exception? one = exception; one is not null; one = one.InnerException)
                {
                    ear.Hear("exception", one);
                    foreach (var property in one.GetType().GetProperties().Where(property => property.Name != "TargetSite"))
                        ear.Hear("exception property " + property.Name, property.GetValue(one));
                }
            }
        }
    }

    private static readonly Func<ScriptedServer.SentRequest, HttpResponseMessage>[] Lies =
    [
        .. from status in new[] { 200, 400, 401, 500 }
        from member in new[]
        {
            "error",
            "error_description",
            "error_uri",
            "client_id",
            "registration_client_uri",
            "token_endpoint_auth_method",
            "id_token_signed_response_alg",
            "active",
        }
        select new Func<ScriptedServer.SentRequest, HttpResponseMessage>(sentRequest => Lie(status, member, Heard(sentRequest))),
        sentRequest => ScriptedServer.Text(400, Heard(sentRequest), "text/html"),
        sentRequest =>
            ScriptedServer.Text(200, Heard(sentRequest), "text/" + string.Concat(Heard(sentRequest).Where(char.IsAsciiLetterOrDigit))),
    ];

    // All that was said to it, as it stands there and as it was wrapped.
    private static string Heard(ScriptedServer.SentRequest sentRequest)
    {
        string credentials = sentRequest.Authorization?.Split(' ')[1] ?? "";
        bool isBasic = sentRequest.Authorization?.StartsWith("Basic ", StringComparison.Ordinal) == true;
        return string.Join(
            ' ',
            credentials,
            isBasic ? Encoding.ASCII.GetString(Convert.FromBase64String(credentials)) : "",
            isBasic ? sentRequest["token"] : "",
            sentRequest.Body.Contains("-statement", StringComparison.Ordinal) ? Canary + "-statement" : ""
        );
    }

    private static HttpResponseMessage Lie(int status, string member, string heard)
    {
        JsonObject json = new() { ["error"] = "invalid_client_metadata" };
        if (status == 200)
            (json["client_id"], json["client_secret"]) = ("client-1", heard);
        json[member] = member == "active" ? new JsonArray(heard) : heard;
        return ScriptedServer.Json(status, json.ToJsonString());
    }
}
