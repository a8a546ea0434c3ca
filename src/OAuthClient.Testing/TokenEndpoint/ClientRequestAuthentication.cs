using System.Buffers;
using System.Text;

namespace OAuthClient.Testing;

/// <summary>Authenticates the client of a request (RFC 6749 §2.3). The client must use exactly one method, the registered one.</summary>
internal static class ClientRequestAuthentication
{
    // The characters that form-encoding can produce. A colon or a space means that the client did not encode the value (§2.3.1).
    private static readonly SearchValues<char> FormEncoded = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._~!'()+%"
    );

    public static TestClient Authenticate(RecordedRequest request, ServerState server)
    {
        FormParameters form = request.FormParameters;
        (string Id, string Secret)? basic = request.Header("Authorization") is { } header ? ParseBasic(header, server.Options) : null;
        string? formId = form["client_id"];
        if (server.Options.ReadSecretFromBasicUserName && basic is { } swapped)
            basic = (formId ?? "", swapped.Id);
        string? formSecret = form["client_secret"];
        bool hasAssertion = form.Contains("client_assertion") || form.Contains("client_assertion_type");
        if (hasAssertion && (basic is not null || formSecret is not null))
            throw OAuthErrorException.InvalidRequest("The client used more than one authentication method.");
        string? asserted = hasAssertion ? AssertionAuthentication.ClientIdOf(form) : null;
        if (asserted is not null && formId is not null && formId != asserted)
            throw OAuthErrorException.InvalidClient("The client_id differs from the sub of the assertion.");
        if (basic is not null && form.Contains("client_secret"))
            throw OAuthErrorException.InvalidRequest("The client used more than one authentication method.");
        if (basic is { } credentials && formId is not null && formId != credentials.Id)
            throw OAuthErrorException.InvalidRequest("The client_id differs from the one in the Authorization header.");

        string id = asserted ?? basic?.Id ?? formId ?? throw OAuthErrorException.InvalidClient("The client did not authenticate.");
        string? secret = basic?.Secret ?? formSecret;
        if (!server.Clients.TryGetValue(id, out TestClient? client))
            throw OAuthErrorException.InvalidClient("The client is unknown.");
        string method =
            basic is not null ? "client_secret_basic"
            : formSecret is not null ? "client_secret_post"
            : client.UsesCertificate || (hasAssertion && client.UsesAssertion) ? client.AuthenticationMethod!
            : hasAssertion ? "an assertion"
            : "none";
        if (client.AuthenticationMethod is { } registered && registered != method)
            throw OAuthErrorException.InvalidClient($"The client registered {registered} and used {method}.");
        if (ClientRules.AuthenticationMethods.Contains(method) && !server.AuthenticationMethods.Contains(method))
            throw OAuthErrorException.InvalidClient($"The server does not support {method}.");
        if (hasAssertion)
        {
            return client.UsesAssertion
                ? AssertionAuthentication.Validate(client, form, request, server)
                : throw OAuthErrorException.InvalidClient("The client is not registered for assertions.");
        }
        if (client.UsesCertificate)
            return CertificateAuthentication.Validate(client, request.ClientCertificate, server.Certificates);
        if (client.IsPublic && server.Options.RequireBasicFromPublicClients)
            return basic is { Secret: "" } && formId is null
                ? client
                : throw OAuthErrorException.InvalidClient("The client must send its identifier and an empty password in the header.");
        if (client.IsPublic)
            return method is "none" ? client : throw OAuthErrorException.InvalidClient("The client is public and has no secret.");
        if (secret is null || !Randomness.SameSecret(secret, client.ClientSecret!))
            throw OAuthErrorException.InvalidClient("The client secret is missing or wrong.");
        if (server.Now >= client.ClientSecretExpiresAt)
            throw OAuthErrorException.InvalidClient("The client secret has expired.");
        return client;
    }

    private static (string Id, string Secret) ParseBasic(string header, TestAuthorizationServerOptions options)
    {
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            throw OAuthErrorException.InvalidClient("The scheme of the Authorization header must be Basic.");
        string encoded = header["Basic ".Length..].Trim();
        byte[] bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out int length))
            throw OAuthErrorException.InvalidClient("The Basic credentials are not valid Base64.");
        string pair = Encoding.UTF8.GetString(bytes.AsSpan(0, length));
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            throw OAuthErrorException.InvalidClient("The Basic credentials contain no colon.");
        return options.ReadUnencodedBasicCredentials
            ? (pair[..colon], pair[(colon + 1)..])
            : (FormDecode(pair[..colon]), FormDecode(pair[(colon + 1)..]));
    }

    private static string FormDecode(string value) =>
        value.AsSpan().ContainsAnyExcept(FormEncoded)
            ? throw OAuthErrorException.InvalidClient("The Basic credentials are not form-encoded (RFC 6749 section 2.3.1).")
            : Uri.UnescapeDataString(value.Replace('+', ' '));
}
