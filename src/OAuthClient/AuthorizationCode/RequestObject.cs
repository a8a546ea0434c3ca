using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Signs the parameters of an authorization request, so that they cannot be changed between client and server (JAR, RFC 9101).
/// </summary>
internal static class RequestObject
{
    private const string Type = "oauth-authz-req+jwt";

    // The user may have to wait for the page of the server.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Replaces the parameters by a signed request object (RFC 9101 §5).</summary>
    /// <param name="request">The request, whose parameters are not encoded.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="server">The metadata of the server.</param>
    /// <param name="now">The current time.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The request with the parameters that stand beside the object.</returns>
    public static async ValueTask<AuthorizationRequest> SignAsync(
        AuthorizationRequest request,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        string jwt = await JwtWriter
            .SignAsync(
                configuration.ClientAssertion.GetSigner(),
                Type,
                claims =>
                {
                    // RFC 9101 §10.2, FAPI 2.0 Message Signing §5.3.1
                    claims.WriteString("iss", configuration.ClientId);
                    claims.WriteString("aud", server.ServerId);
                    claims.WriteString("jti", SecureRandomString.Create());
                    claims.WriteNumber("iat", now.ToUnixTimeSeconds());
                    claims.WriteNumber("nbf", now.ToUnixTimeSeconds());
                    claims.WriteNumber("exp", (now + Lifetime).ToUnixTimeSeconds());
                    WriteParameters(claims, request.Parameters, configuration.Adaptation);
                },
                cancellationToken
            )
            .ConfigureAwait(false);
        return request with
        {
            Parameters = [new(ParameterNames.ClientId, configuration.ClientId), new("request", jwt)],
            SignedParameters = request.Parameters,
        };
    }

    // A parameter that occurs more than once is an array (RFC 8707 §2); JSON values of parameters stay JSON (RFC 9101 §4).
    private static void WriteParameters(Utf8JsonWriter claims, List<KeyValuePair<string, string>> parameters, ServerAdaptation adaptation)
    {
        foreach (var group in parameters.GroupBy(parameter => parameter.Key, parameter => parameter.Value))
        {
            claims.WritePropertyName(adaptation.NameOf(group.Key));
            string[] values = [.. group];
            if (values.Length == 1)
            {
                WriteValue(claims, group.Key, values[0]);
                continue;
            }
            claims.WriteStartArray();
            foreach (string value in values)
                claims.WriteStringValue(value);
            claims.WriteEndArray();
        }
    }

    private static void WriteValue(Utf8JsonWriter claims, string name, string value)
    {
        if (name is ParameterNames.Claims or ParameterNames.AuthorizationDetails)
            claims.WriteRawValue(value);
        else if (name == ParameterNames.MaxAge && long.TryParse(value, out long seconds))
            claims.WriteNumberValue(seconds);
        else
            claims.WriteStringValue(value);
    }
}
