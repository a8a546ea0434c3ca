using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Reads responses that the server signed (JARM, JWT Secured Authorization Response Mode §2). The parameters outside of the JWT are not
/// used.
/// </summary>
internal sealed class JwtResponseDecoder(ServerMetadataCache metadata, JwtSignatureValidator signatures, TimeProvider time)
    : IAuthorizationResponseDecoder
{
    // A client that requested a signed response accepts no other one, so that the signature cannot be removed.
    public bool CanDecode(AuthorizationResponse response, ClientConfiguration configuration) => configuration.ExpectsSignedResponse;

    public async ValueTask<AuthorizationResponse> DecodeAsync(
        AuthorizationResponse response,
        ClientConfiguration configuration,
        CancellationToken cancellationToken
    )
    {
        string compact =
            response.Jwt
            ?? throw new OAuthProtocolException(
                $"The callback is not signed, although ResponseMode is '{configuration.ResponseMode}' (JWT Secured Authorization Response "
                    + "Mode §2.4); it was rejected."
            );
        var server = await metadata.FindAsync(configuration, cancellationToken).ConfigureAwait(false);
        var jwt = await signatures
            .ReadAsync(compact, JwtType.AuthorizationResponse, configuration, server, cancellationToken)
            .ConfigureAwait(false);
        return response.WithParameters(Read(jwt.Claims, configuration, server, configuration.Read(time)));
    }

    /// <summary>Reads the parameters of a response whose signature was verified (§2.4).</summary>
    /// <exception cref="OAuthProtocolException">The response is one of another server, for another client, or has expired.</exception>
    internal static Dictionary<string, string> Read(
        JsonElement claims,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        ClockReading clock
    )
    {
        string issuer =
            claims.Text(ParameterNames.Issuer)
            ?? throw new OAuthProtocolException(
                "The signed authorization response has no iss (JWT Secured Authorization Response Mode §2.1)."
            );
        if (!server.IsIssuer(issuer))
            throw new OAuthProtocolException(
                $"The signed authorization response comes from '{ServerTextSanitizer.Clean(issuer)}', not from '{server.Issuer}' (JARM "
                    + "§2.4). The code was not redeemed."
            );
        if (!claims.TextOrTexts("aud").Contains(configuration.ClientId))
            throw new OAuthProtocolException(
                "The aud of the signed authorization response does not name this client (JWT Secured Authorization Response Mode §2.4)."
            );
        var expiresAt = NumericDate.Read(claims, "exp", JwtType.AuthorizationResponse.Name);
        if (clock.HasPassed(expiresAt))
            throw new OAuthProtocolException($"The signed authorization response has expired {clock.Compare("exp", expiresAt)}");
        return Parameters(claims);
    }

    private static Dictionary<string, string> Parameters(JsonElement claims)
    {
        var parameters = new Dictionary<string, string>();
        foreach (var member in claims.EnumerateObject())
        {
            if (member.Name is "aud" or "exp" or "iat" or "nbf" or "jti" or "sub")
                continue;
            if ((StrictJson.TextIfAnyOf(member.Value) ?? StrictJson.RawTextIfAny(member.Value)) is { } value)
                parameters[member.Name] = value;
        }
        return parameters;
    }
}
