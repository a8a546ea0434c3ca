using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>A scripted authorization server with dynamic registration (RFC 7591, RFC 7592) for one or several nodes.</summary>
internal sealed class RegisteringServer
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Registration> clients = [];
    private readonly List<ScriptedServer.SentRequest> requests = [];
    private int registrations;

    /// <summary>Gets or sets the function that changes a registration response.</summary>
    public Action<JsonObject> Answer { get; set; } = _ => { };

    /// <summary>Gets or sets the metadata besides issuer and endpoints.</summary>
    public JsonObject Metadata { get; set; } = [];

    /// <summary>
    /// Gets or sets a value indicating whether each response has a new registration access token, which revokes the old one.
    /// </summary>
    public bool Rotates { get; set; }

    /// <summary>Gets the prefix of all secrets.</summary>
    public string SecretPrefix { get; init; } = "";

    public Func<ScriptedServer.SentRequest, Task> Before { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyCollection<string> Clients
    {
        get
        {
            lock (gate)
                return [.. clients.Keys];
        }
    }

    public int Registrations => RequestsTo("/register").Count;

    public IReadOnlyList<ScriptedServer.SentRequest> RequestsTo(string path)
    {
        lock (gate)
            return [.. requests.Where(request => request.Uri.AbsolutePath == path)];
    }

    public JsonObject Of(string clientId)
    {
        lock (gate)
            return clients[clientId].Metadata;
    }

    public void Forget(string clientId)
    {
        lock (gate)
            clients.Remove(clientId);
    }

    public void ReplaceSecret(string clientId, string secret)
    {
        lock (gate)
            clients[clientId].Secret = secret;
    }

    /// <summary>Creates a node of an application that is a client of this server.</summary>
    public ScriptedServer Node(
        IDynamicClientStore? store = null,
        Action<DynamicRegistrationOptions>? dynamic = null,
        Action<OAuthClientOptions>? options = null,
        Action<IServiceCollection>? registerFirst = null
    )
    {
        ScriptedServer node = new(
            o =>
            {
                (o.ClientId, o.ClientSecret) = ("", null);
                o.RegistrationEndpoint = new(ScriptedServer.Origin + "/register");
                o.IntrospectionEndpoint = new(ScriptedServer.Origin + "/introspect");
                options?.Invoke(o);
            },
            builder => builder.RegisterDynamically(dynamic),
            services =>
            {
                if (store is not null)
                    services.AddSingleton(store);
                registerFirst?.Invoke(services);
            }
        );
        node.AnswersAsync(AnswerAsync);
        return node;
    }

    /// <summary>Creates the standard response to a request.</summary>
    public async Task<HttpResponseMessage> AnswerAsync(ScriptedServer.SentRequest sentRequest)
    {
        await Before(sentRequest);
        lock (gate)
        {
            requests.Add(sentRequest);
            return Reply(sentRequest);
        }
    }

    private HttpResponseMessage Reply(ScriptedServer.SentRequest sentRequest)
    {
        switch (sentRequest.Uri.AbsolutePath)
        {
            case "/.well-known/oauth-authorization-server":
                var metadata = Metadata.DeepClone().AsObject();
                metadata["issuer"] = ScriptedServer.Origin;
                metadata["token_endpoint"] = ScriptedServer.Origin + "/token";
                return ScriptedServer.Json(200, metadata.ToJsonString());
            case "/register":
                string id = "client-" + (++registrations).ToString(CultureInfo.InvariantCulture);
                clients[id] = new(JsonNode.Parse(sentRequest.Body)!.AsObject())
                {
                    Secret = SecretPrefix + "secret-of-" + id,
                    Token = SecretPrefix + "management-of-" + id,
                };
                return Describe(id, 201);
            case "/token" or "/introspect":
                return IsAuthenticated(sentRequest)
                    ? ScriptedServer.Json(200, """{"access_token":"at","token_type":"Bearer","refresh_token":"rt","active":true}""")
                    : ScriptedServer.Json(401, """{"error":"invalid_client"}""");
            default:
                return Manage(sentRequest, sentRequest.Uri.Segments[^1]);
        }
    }

    private HttpResponseMessage Manage(ScriptedServer.SentRequest sentRequest, string id)
    {
        if (!clients.TryGetValue(id, out var client) || sentRequest.Authorization != "Bearer " + client.Token)
            return ScriptedServer.Json(401, "");
        if (sentRequest.Method == HttpMethod.Delete)
        {
            clients.Remove(id);
            return ScriptedServer.Json(204, "");
        }
        if (sentRequest.Method == HttpMethod.Put)
            client.Metadata = JsonNode.Parse(sentRequest.Body)!.AsObject();
        if (Rotates)
            client.Token += "'";
        return Describe(id, 200);
    }

    private HttpResponseMessage Describe(string id, int status)
    {
        var client = clients[id];
        var answer = client.Metadata.DeepClone().AsObject();
        answer["client_id"] = id;
        answer["client_secret"] = client.Secret;
        answer["client_secret_expires_at"] = 0;
        answer["registration_client_uri"] = ScriptedServer.Origin + "/manage/" + id;
        answer["registration_access_token"] = client.Token;
        Answer(answer);
        return ScriptedServer.Json(status, answer.ToJsonString());
    }

    private bool IsAuthenticated(ScriptedServer.SentRequest sentRequest)
    {
        if (sentRequest.Authorization?.StartsWith("Basic ", StringComparison.Ordinal) == true)
        {
            string[] pair = Encoding.ASCII.GetString(Convert.FromBase64String(sentRequest.Authorization["Basic ".Length..])).Split(':');
            return clients.TryGetValue(pair[0], out var client) && client.Secret == pair[1];
        }
        return sentRequest["client_id"] is { } id
            && clients.TryGetValue(id, out var other)
            && (sentRequest["client_secret"] is not { } secret || other.Secret == secret);
    }

    private sealed class Registration(JsonObject metadata)
    {
        public JsonObject Metadata { get; set; } = metadata;
        public required string Secret { get; set; }
        public required string Token { get; set; }
    }
}
