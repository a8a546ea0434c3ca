using System.Net;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Introspects tokens at the authorization server (RFC 7662), for resource servers that accept tokens which only the server can read. It is
/// registered as a keyed service by the client's name, and without a key for a single client. Each call sends a request; no response is
/// cached. Instances are safe for concurrent use.
/// </summary>
public sealed class TokenIntrospection
{
    private readonly ClientConfigurationProvider configuration;
    private readonly ServerMetadataCache metadata;
    private readonly EndpointClient endpoints;
    private readonly JwtSignatureValidator signatures;
    private readonly TimeProvider time;

    internal TokenIntrospection(
        ClientConfigurationProvider configuration,
        ServerMetadataCache metadata,
        EndpointClient endpoints,
        JwtSignatureValidator signatures,
        TimeProvider time
    )
    {
        this.configuration = configuration;
        this.metadata = metadata;
        this.endpoints = endpoints;
        this.signatures = signatures;
        this.time = time;
    }

    /// <summary>Introspects a token that the application received (RFC 7662 §2.1).</summary>
    /// <param name="token">The token, in any format.</param>
    /// <param name="tokenTypeHint">
    /// The probable type of the token, such as <c>access_token</c> or <c>refresh_token</c>, which speeds up the lookup at the server.
    /// </param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The state of the token. An invalid token is not an error: it is not active.</returns>
    /// <exception cref="EndpointException">The endpoint refused the request, or its response is not JSON.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The response is malformed, or it is not signed although <c>SignedIntrospectionResponses</c> is set.
    /// </exception>
    /// <exception cref="OAuthException">The server has no introspection endpoint.</exception>
    public async Task<IntrospectedToken> IntrospectAsync(
        string token,
        string? tokenTypeHint = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        List<KeyValuePair<string, string>> form = [new(ParameterNames.Token, token)];
        if (tokenTypeHint is not null)
            form.Add(new(ParameterNames.TokenTypeHint, tokenTypeHint));
        var request = new BackChannelRequest(ServerEndpoint.Introspection, server)
        {
            Form = form,
            // Introspection does not change the token.
            RetryMode = RetryMode.Idempotent,
            Accept = current.SignedIntrospectionResponses ? "application/token-introspection+jwt" : "application/json",
            Secrets = [token],
        };
        var response = await endpoints.SendAsync(request, current, server, cancellationToken).ConfigureAwait(false);
        return new(
            current.SignedIntrospectionResponses && response.IsSuccess
                ? await ReadSignedAsync(response, current, server, cancellationToken).ConfigureAwait(false)
                : Json(response)
        );
    }

    /// <summary>Introspects a token that was issued to this application (RFC 7662 §2.1).</summary>
    /// <param name="token">The access token or refresh token.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The state of the token. An invalid token is not an error: it is not active.</returns>
    /// <exception cref="EndpointException">The endpoint refused the request, or its response is not JSON.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The response is malformed, or it is not signed although <c>SignedIntrospectionResponses</c> is set.
    /// </exception>
    /// <exception cref="OAuthException">The server has no introspection endpoint.</exception>
    public Task<IntrospectedToken> IntrospectAsync(Secret token, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        string? hint = token switch
        {
            AccessToken => ParameterNames.AccessToken,
            RefreshToken => ParameterNames.RefreshToken,
            _ => null,
        };
        return IntrospectAsync(token.Reveal(), hint, cancellationToken);
    }

    private async Task<JsonElement> ReadSignedAsync(
        BackChannelResponse response,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        if (response.Json() is not null)
        {
            throw new OAuthProtocolException(
                $"{server.ServerId} returned an unsigned introspection response, which was rejected because SignedIntrospectionResponses "
                    + "is set. Register the client at the server for signed responses (RFC 9701 §6), or clear the option."
            );
        }
        string compact = Encoding.UTF8.GetString(response.Body.Span).Trim();
        var jwt = await signatures.ReadAsync(compact, JwtType.Introspection, current, server, cancellationToken).ConfigureAwait(false);
        return IntrospectionJwtValidator.Validate(jwt.Claims, server.Issuer, current.ClientId, current.Read(time));
    }

    private static JsonElement Json(BackChannelResponse response)
    {
        var json = response.Json();
        if (response.IsSuccess && json is { } members)
            return members;
        var failure = response.Failure(json);
        throw new EndpointException(
            failure is { StatusCode: HttpStatusCode.Unauthorized, Error: null }
                ? failure with
                {
                    Hint =
                        ": the server did not accept the client's credentials (RFC 7662 §2.3); check ClientId, ClientSecret and "
                        + "ClientAuthentication.",
                }
                : failure
        );
    }
}
