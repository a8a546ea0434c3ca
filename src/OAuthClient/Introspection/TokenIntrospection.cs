using System.Net;
using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Asks the authorization server what a token is worth (RFC 7662): for those who accept tokens that only the server can read. A keyed
/// service of the client's name, without a key where there is only one client. Each question is a request; nothing is cached.
/// </summary>
public sealed class TokenIntrospection
{
    private readonly ClientConfigurationProvider configuration;
    private readonly ServerMetadataCache metadata;
    private readonly BackChannelClient backChannel;
    private readonly JwtSignatureValidator signatures;
    private readonly TimeProvider time;

    internal TokenIntrospection(
        ClientConfigurationProvider configuration,
        ServerMetadataCache metadata,
        BackChannelClient backChannel,
        JwtSignatureValidator signatures,
        TimeProvider time
    )
    {
        this.configuration = configuration;
        this.metadata = metadata;
        this.backChannel = backChannel;
        this.signatures = signatures;
        this.time = time;
    }

    /// <summary>Asks about a token that somebody presented.</summary>
    /// <param name="token">The token; its shape does not matter.</param>
    /// <param name="tokenTypeHint">What it may be, such as <c>access_token</c> or <c>refresh_token</c>, so that the server finds it sooner.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EndpointException">The endpoint refused, or answered with something else than JSON. A token that is not good is no error.</exception>
    /// <exception cref="OAuthProtocolException">The answer has no shape the specification knows, or is not signed as it has to be.</exception>
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
        var response = await AskAsync(token, tokenTypeHint, current, server, cancellationToken).ConfigureAwait(false);
        return new(
            current.SignedIntrospectionResponses && response.IsSuccess
                ? await SignedAsync(response, current, server, cancellationToken).ConfigureAwait(false)
                : Json(response)
        );
    }

    /// <summary>Asks about a token of this application's own.</summary>
    /// <param name="token">An access or refresh token.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EndpointException">The endpoint refused, or answered with something else than JSON. A token that is not good is no error.</exception>
    /// <exception cref="OAuthProtocolException">The answer has no shape the specification knows.</exception>
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

    private async Task<BackChannelResponse> AskAsync(
        string token,
        string? tokenTypeHint,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var endpoint =
            server.IntrospectionEndpoint
            ?? throw new OAuthException(
                $"{server.ServerId} names no introspection endpoint; spell out IntrospectionEndpoint if it has one."
            );
        var form = new List<KeyValuePair<string, string>>(4) { new(ParameterNames.Token, token) };
        if (tokenTypeHint is not null)
            form.Add(new(ParameterNames.TokenTypeHint, tokenTypeHint));
        string? authorization = ClientAuthenticator.Authenticate(current, server, form);
        return await backChannel
            .SendAsync(
                new BackChannelRequest("introspection endpoint", endpoint)
                {
                    Form = form,
                    // To ask twice changes nothing.
                    RetryMode = RetryMode.Idempotent,
                    Accept = current.SignedIntrospectionResponses ? "application/token-introspection+jwt" : "application/json",
                    Authorization = authorization,
                    IsPublicClient = current.ClientSecret is null,
                    UsesCertificate = current.AuthenticatesByCertificate,
                    Secrets = [token],
                    ClientSecret = current.ClientSecret,
                },
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private async Task<JsonElement> SignedAsync(
        BackChannelResponse response,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        if (response.Json() is not null)
        {
            throw new OAuthProtocolException(
                $"{server.ServerId} answered the introspection request without a signature; it was not believed, because SignedIntrospectionResponses is set. Have the client registered there for signed answers (RFC 9701 §6), or take the option back."
            );
        }
        string compact = Encoding.UTF8.GetString(response.Body.Span).Trim();
        var jwt = await signatures.ReadAsync(compact, JwtType.Introspection, current, server, cancellationToken).ConfigureAwait(false);
        return IntrospectionJwtValidator.Validate(jwt.Claims, server.Issuer, current.ClientId, time.GetUtcNow());
    }

    private static JsonElement Json(BackChannelResponse response)
    {
        var json = response.Json();
        if (response.IsSuccess && json is { } answer)
            return answer;
        var failure = response.Failure(json);
        throw new EndpointException(
            failure is { StatusCode: HttpStatusCode.Unauthorized, Error: null }
                ? failure with
                {
                    Hint =
                        ": it did not accept the client's credentials (RFC 7662 §2.3); check ClientId, ClientSecret and ClientAuthentication.",
                }
                : failure
        );
    }
}
