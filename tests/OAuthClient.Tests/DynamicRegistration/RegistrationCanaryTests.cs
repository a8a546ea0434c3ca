using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that no secret of a registration appears in logs (at level Trace), traces, metrics, exceptions or the text of objects. Every
/// secret is a unique marker value, and the server echoes the secrets it receives (RFC 6819 §4.1.6, RFC 7591 §5, RFC 7592 §5).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationCanaryTests
{
    // The marker is part of the initial access token, the software statement, all issued secrets and tokens, and the introspected token.
    private const string Canary = "canary-8c1e";

    [Test]
    [Description("RFC 6749 §10.14, RFC 6819 §4.2.1: no secret is exposed by registration, management and introspection")]
    public async Task No_secret_of_a_registration_is_exposed()
    {
        using CanaryEavesdropper recorder = new();
        RegisteringServer server = new() { Rotates = true, SecretPrefix = Canary };
        int failures = 0;
        foreach (var respond in HostileResponses)
        {
            await using var node = server.Node(
                dynamic: o => (o.InitialAccessToken, o.SoftwareStatement) = (Canary + "-initial", Canary + "-statement"),
                registerFirst: services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(recorder))
            );
            var registration = node.Services.GetRequiredService<DynamicRegistration>();
            var introspection = node.Services.GetRequiredService<TokenIntrospection>();
            node.Answers(respond);
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
                recorder.Record("text", shown);
                try
                {
                    recorder.Record("JSON", JsonSerializer.Serialize(shown));
                }
                catch (NotSupportedException exception)
                {
                    recorder.Record("JSON exception", exception);
                }
            }
            node.Answers(respond);
            await ProvokeAsync(() => registration.ReadAsync());
            await ProvokeAsync(() => registration.UpdateAsync());
            await ProvokeAsync(() => registration.DeleteAsync());
            await ProvokeAsync(() => introspection.IntrospectAsync(Canary + "-token"));
        }
        recorder.RecordObservableInstruments();

        Assert.That(failures, Is.GreaterThan(HostileResponses.Length * 2), "most requests failed");
        Assert.That(recorder.Recorded, Has.Some.StartsWith("log OAuthClient").And.Some.StartsWith("exception: OAuthClient."));
        Assert.That(recorder.Recorded.Where(item => item.Contains(Canary, StringComparison.OrdinalIgnoreCase)).Take(5), Is.Empty);

        async Task ProvokeAsync(Func<Task> act)
        {
            try
            {
                await act();
            }
            catch (OAuthException exception)
            {
                failures++;
                for (Exception? current = exception; current is not null; current = current.InnerException)
                {
                    recorder.Record("exception", current);
                    foreach (var property in current.GetType().GetProperties().Where(property => property.Name != "TargetSite"))
                        recorder.Record("exception property " + property.Name, property.GetValue(current));
                }
            }
        }
    }

    private static readonly Func<ScriptedServer.SentRequest, HttpResponseMessage>[] HostileResponses =
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
        select new Func<ScriptedServer.SentRequest, HttpResponseMessage>(sentRequest => Echo(status, member, SecretsOf(sentRequest))),
        sentRequest => ScriptedServer.Text(400, SecretsOf(sentRequest), "text/html"),
        sentRequest =>
            ScriptedServer.Text(
                200,
                SecretsOf(sentRequest),
                "text/" + string.Concat(SecretsOf(sentRequest).Where(char.IsAsciiLetterOrDigit))
            ),
    ];

    // Returns all secrets of the request, as sent and decoded.
    private static string SecretsOf(ScriptedServer.SentRequest sentRequest)
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

    private static HttpResponseMessage Echo(int status, string member, string secrets)
    {
        JsonObject json = new() { ["error"] = "invalid_client_metadata" };
        if (status == 200)
            (json["client_id"], json["client_secret"]) = ("client-1", secrets);
        json[member] = member == "active" ? new JsonArray(secrets) : secrets;
        return ScriptedServer.Json(status, json.ToJsonString());
    }
}
