using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>Sends token requests (RFC 6749 §3.2) and reads the answers.</summary>
internal sealed class TokenEndpointClient(BackChannel backChannel, TimeProvider time, ILogger logger)
{
    /// <exception cref="TokenEndpointException">The server refused.</exception>
    /// <exception cref="OAuthProtocolException">The server's answer is no token response the specification knows.</exception>
    public Task<TokenResponse> SendAsync(
        TokenRequest request, ClientRegistration registration, AuthorizationServerMetadata server, CancellationToken cancellationToken) =>
        SendAsync(request, registration, server, departure: null, cancellationToken);

    /// <param name="request">What is asked for.</param>
    /// <param name="registration">Who asks.</param>
    /// <param name="server">Who is asked.</param>
    /// <param name="departure">A new one, where that matters; afterwards it tells what <see cref="PresentationOutcomes"/> needs to know.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="TokenEndpointException">The server refused.</exception>
    /// <exception cref="OAuthProtocolException">The server's answer is no token response the specification knows.</exception>
    /// <exception cref="DepartureForbiddenException"><paramref name="departure"/> forbade it.</exception>
    public async Task<TokenResponse> SendAsync(
        TokenRequest request, ClientRegistration registration, AuthorizationServerMetadata server, Departure? departure, CancellationToken cancellationToken)
    {
        request.RequireAllowed(registration);
        var endpoint = server.TokenEndpoint ?? throw new OAuthException(
            $"{server.Identity} names no token endpoint in its metadata; spell out TokenEndpoint.");

        var form = new List<KeyValuePair<string, string>>(8) { new(Parameters.GrantType, request.GrantType) };
        foreach (var parameter in request.Parameters())
            form.Add(parameter);
        if (request.Scopes is { Count: > 0 } scopes)
            form.Add(new(Parameters.Scope, ScopeText.Join(scopes)));
        foreach (string resource in request.Resources)
            form.Add(new(Parameters.Resource, resource));
        string? authorization = ClientAuthenticator.Authenticate(registration, server, form);

        var response = await backChannel.SendAsync(
            new BackChannelRequest("token endpoint", endpoint)
            {
                Form = form,
                Repetition = request.Repetition,
                AffectsOtherRequests = request.AffectsOtherRequests,
                Departure = departure,
                Authorization = authorization,
                WithoutSecret = registration.ClientSecret is null,
                WithCertificate = registration.AuthenticatesByCertificate,
                Secrets = request.Secrets,
                ClientSecret = registration.ClientSecret,
            },
            cancellationToken).ConfigureAwait(false);
        try
        {
            var tokens = TokenResponseReader.Read(response, request, response.AskedAt);
            registration.Refusals.Clear();
            return tokens;
        }
        catch (TokenEndpointException refusal) when (refusal.Error == ErrorCodes.InvalidClient)
        {
            RecordRefusal(request, registration);
            throw;
        }
    }

    // Some servers answer invalid_client to a code or an assertion that they do not like, and those an outside caller can choose.
    private void RecordRefusal(TokenRequest request, ClientRegistration registration)
    {
        if (!request.AffectsOtherRequests || !registration.Refusals.Record(time) || registration.Registered is not { } client)
            return;
        if (client.CanBeManaged)
            Log.ManagedClientRefused(logger, registration.Name);
        else
            Log.UnmanagedClientRefused(logger, registration.Name, CredentialRefusals.ConfirmationPeriod.TotalMinutes);
    }
}
