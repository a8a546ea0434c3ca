using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The client registration endpoint (RFC 7591 §3) and the client configuration endpoints (RFC 7592 §2).</summary>
internal sealed class RegistrationEndpoint(ServerState server)
{
    public Reply Answer(RecordedRequest request, string? clientId)
    {
        if (!server.Options.AllowRegistration)
            return Reply.NotFound();
        try
        {
            return clientId is null ? Register(request) : Manage(request, clientId);
        }
        catch (OAuthErrorException oAuthErrorException)
        {
            Reply reply = Reply
                .Json(
                    oAuthErrorException.Status,
                    new JsonObject { ["error"] = oAuthErrorException.Error, ["error_description"] = oAuthErrorException.Description }
                )
                .NotStored();
            return oAuthErrorException.Status is 401
                ? reply.With("WWW-Authenticate", $"Bearer realm=\"{server.Issuer}\", error=\"invalid_token\"")
                : reply;
        }
    }

    private Reply Register(RecordedRequest request)
    {
        if (request.Method is not "POST")
            return Reply.MethodNotAllowed("POST");
        if (server.Options.InitialAccessToken is { } initial && !(Bearer(request) is { } sent && Randomness.SameSecret(sent, initial)))
            throw InvalidToken("The initial access token is missing or wrong.");
        (TestClient client, JsonObject metadata) = RegistrationRequestReader.Read(
            Body(request),
            server,
            Randomness.Token("client")[..23],
            NewSecret()
        );
        RegisteredClient registered = new(client, metadata, Randomness.Token("rat"), server.Now, server.Now);
        return Describe(201, Save(registered));
    }

    private Reply Manage(RecordedRequest request, string clientId)
    {
        if (Bearer(request) is not { } token || server.Registry.Find(clientId, token) is not { } registered)
            throw InvalidToken("The registration access token is missing or wrong, or the client does not exist.");
        switch (request.Method)
        {
            case "GET":
                return Describe(200, Save(RenewSecretIfDue(registered)));
            case "PUT":
                return Describe(200, Save(Update(RenewSecretIfDue(registered), Body(request))));
            case "DELETE":
                server.Remove(clientId);
                return new Reply(204).NotStored();
            default:
                return Reply.MethodNotAllowed("GET, PUT, DELETE");
        }
    }

    /// <summary>Replaces the metadata of a client. The request cannot change the credentials (RFC 7592 §2.2).</summary>
    private RegisteredClient Update(RegisteredClient registered, JsonObject requested)
    {
        TestClient previous = registered.Client;
        if (Text(requested, "client_id") != previous.ClientId)
            throw OAuthErrorException.InvalidRequest("The client_id must match the registered client.");
        foreach (
            string name in new[]
            {
                "registration_access_token",
                "registration_client_uri",
                "client_secret_expires_at",
                "client_id_issued_at",
            }
        )
        {
            if (requested.ContainsKey(name))
                throw OAuthErrorException.InvalidRequest($"The request must not contain {name}.");
        }

        if (
            requested.ContainsKey("client_secret")
            && !(previous.ClientSecret is { } secret && Text(requested, "client_secret") is { } sent && Randomness.SameSecret(secret, sent))
        )
            throw OAuthErrorException.InvalidRequest("The client_secret must match the registered secret.");
        bool hadSecret = previous.ClientSecret is not null;
        (TestClient client, JsonObject metadata) = RegistrationRequestReader.Read(
            requested,
            server,
            previous.ClientId,
            hadSecret ? (previous.ClientSecret!, previous.ClientSecretExpiresAt) : NewSecret()
        );
        return registered with
        {
            Client = client,
            Metadata = metadata,
            SecretIssuedAt = hadSecret ? registered.SecretIssuedAt : server.Now,
            AccessToken = server.Options.RotateRegistrationAccessTokens ? Randomness.Token("rat") : registered.AccessToken,
        };
    }

    /// <summary>Replaces a client secret in the second half of its lifetime (RFC 7592 §2.1).</summary>
    private RegisteredClient RenewSecretIfDue(RegisteredClient registered)
    {
        if (
            registered.Client.ClientSecretExpiresAt is not { } expiresAt
            || server.Now - registered.SecretIssuedAt < (expiresAt - registered.SecretIssuedAt) / 2
        )
            return registered;
        (TestClient client, _) = RegistrationRequestReader.Read(registered.Metadata, server, registered.Client.ClientId, NewSecret());
        return registered with { Client = client, SecretIssuedAt = server.Now };
    }

    private RegisteredClient Save(RegisteredClient registered)
    {
        server.Clients[registered.Client.ClientId] = registered.Client;
        server.Registry.Set(registered);
        return registered;
    }

    /// <summary>Creates the client information response (RFC 7591 §3.2.1, RFC 7592 §3).</summary>
    private Reply Describe(int status, RegisteredClient registered)
    {
        TestClient client = registered.Client;
        JsonObject response = new() { ["client_id"] = client.ClientId, ["client_id_issued_at"] = registered.IssuedAt.ToUnixTimeSeconds() };
        if (client.ClientSecret is not null)
        {
            response["client_secret"] = client.ClientSecret;
            response["client_secret_expires_at"] = client.ClientSecretExpiresAt?.ToUnixTimeSeconds() ?? 0;
        }

        response["registration_access_token"] = registered.AccessToken;
        response["registration_client_uri"] = server.Address("/register/" + client.ClientId);
        foreach ((string name, JsonNode? value) in registered.Metadata)
            response[name] = value?.DeepClone();
        server.Options.OnRegistration?.Invoke(response);
        return Reply.Json(status, response).NotStored();
    }

    private (string, DateTimeOffset?) NewSecret() => (Randomness.Token(), server.Now + server.Options.ClientSecretLifetime);

    private static JsonObject Body(RecordedRequest request)
    {
        if (request.Header("Content-Type")?.Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase) is not true)
            throw OAuthErrorException.InvalidRequest("The body must be application/json.");
        try
        {
            return JsonNode.Parse(request.Body, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw OAuthErrorException.InvalidRequest("The body must be a JSON object.");
        }
        catch (JsonException)
        {
            throw OAuthErrorException.InvalidRequest("The body must be valid JSON without duplicate members.");
        }
    }

    private static string? Text(JsonObject json, string name) =>
        json[name]?.GetValueKind() is JsonValueKind.String ? json[name]!.GetValue<string>() : null;

    private static string? Bearer(RecordedRequest request) =>
        request.Header("Authorization") is { } header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? header["Bearer ".Length..].Trim()
            : null;

    private static OAuthErrorException InvalidToken(string description) => new("invalid_token", description, 401);
}
