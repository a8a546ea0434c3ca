using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The token endpoint (RFC 6749 §3.2).</summary>
internal sealed class TokenEndpoint(ServerState server)
{
    /// <summary>The grant type of a device code (RFC 8628 §3.4).</summary>
    public const string DeviceCodeGrant = "urn:ietf:params:oauth:grant-type:device_code";

    public Reply Answer(RecordedRequest request) =>
        AuthenticatedEndpoint.Answer(
            request,
            server,
            (client, form) =>
            {
                if (form["grant_type"] is not { } grantType)
                    throw OAuthErrorException.InvalidRequest("The grant_type is missing.");
                if (grantType is not ("authorization_code" or "refresh_token" or "client_credentials" or DeviceCodeGrant))
                    throw new OAuthErrorException("unsupported_grant_type", "The grant_type is not supported.");
                if (!client.MayUse(grantType))
                    throw OAuthErrorException.UnauthorizedClient("The client may not use this grant_type.");
                if (server.Options.RejectCodeVerifier && form.Contains("code_verifier"))
                    throw OAuthErrorException.InvalidClient("Client authentication failed.");
                if (server.Options.RejectResource && form.Contains("resource"))
                    throw new OAuthErrorException("invalid_target", "The resource parameter is not supported with scopes.");
                Confirmation? confirmation = Confirm(client, request);
                JsonObject response = grantType switch
                {
                    "authorization_code" => RedeemCode(client, form, confirmation),
                    "refresh_token" => Refresh(client, form, confirmation),
                    DeviceCodeGrant => RedeemDeviceCode(client, form, confirmation),
                    _ => ClientCredentials(client, form, confirmation),
                };
                server.Options.OnTokenResponse?.Invoke(response);
                return Reply.Json(200, response).NotStored();
            }
        );

    /// <summary>
    /// Returns the key (RFC 9449 §5) or the certificate (RFC 8705 §3) to bind the tokens to; null for none. A proof precedes a certificate.
    /// </summary>
    private Confirmation? Confirm(TestClient client, RecordedRequest request)
    {
        TestAuthorizationServerOptions options = server.Options;
        if (!options.IgnoreDPoPProofs && server.DPoP.Verify(request, accessToken: null) is { } thumbprint)
            return Confirmation.OfKey(thumbprint);
        if ((options.RequireDPoP || client.RequireDPoP) && !options.IgnoreDPoPProofs)
            throw new OAuthErrorException("invalid_dpop_proof", "The token request must contain a proof of possession.");
        if (request.ClientCertificate is { } certificate && (options.BindTokensToCertificates || client.RequireCertificateBoundTokens))
            return Confirmation.Of(certificate);
        if (client.RequireCertificateBoundTokens)
            throw OAuthErrorException.InvalidRequest("The client must present a certificate to which the tokens are bound.");
        if (options.RequireSenderConstrainedTokens && !options.IgnoreDPoPProofs)
            throw OAuthErrorException.InvalidRequest("The server issues only tokens that are bound to a key or to a certificate.");
        return null;
    }

    /// <summary>Redeems an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6).</summary>
    private JsonObject RedeemCode(TestClient client, FormParameters form, Confirmation? confirmation)
    {
        string value = form["code"] ?? throw OAuthErrorException.InvalidRequest("The code is missing.");
        string redirectUri = form["redirect_uri"] ?? throw OAuthErrorException.InvalidRequest("The redirect_uri is missing.");
        IReadOnlyList<string> resources = [];
        JsonArray? details = null;
        IssuedCode code = server.Grants.RedeemCode(
            value,
            client,
            server.Now,
            found =>
            {
                if (found.Request.RedirectUri != redirectUri)
                    throw OAuthErrorException.InvalidGrant("The redirect_uri differs from the one in the authorization request.");
                CodeChallengeVerifier.Check(found.Request.CodeChallenge, found.Request.CodeChallengeMethod, form["code_verifier"]);
                if (
                    found.Request.KeyThumbprint is { } stated
                    && !server.Options.IgnoreDPoPProofs
                    && confirmation != Confirmation.OfKey(stated)
                )
                    throw OAuthErrorException.InvalidGrant("The code is bound to another key (dpop_jkt).");
                resources = RequestedResources.Narrow(found.Grant.Resources, form.All("resource"));
                details = Narrow(found.Grant, client, form);
            }
        );
        return Respond(
            code.Grant,
            code.Grant.Scopes,
            resources,
            details,
            IsRefreshable(client, code.Grant),
            code.Request.Nonce,
            refreshed: false,
            confirmation
        );
    }

    /// <summary>Redeems a device code if the user has approved it (RFC 8628 §3.4, §3.5).</summary>
    private JsonObject RedeemDeviceCode(TestClient client, FormParameters form, Confirmation? confirmation)
    {
        string value = form["device_code"] ?? throw OAuthErrorException.InvalidRequest("The device_code is missing.");
        IReadOnlyList<string> resources = [];
        JsonArray? details = null;
        IssuedGrant grant = server.DeviceCodes.Poll(
            value,
            client,
            server.Now,
            approved =>
            {
                resources = RequestedResources.Narrow(approved.Resources, form.All("resource"));
                details = Narrow(approved, client, form);
            }
        );
        return Respond(grant, grant.Scopes, resources, details, IsRefreshable(client, grant), nonce: null, refreshed: false, confirmation);
    }

    private bool IsRefreshable(TestClient client, IssuedGrant grant) =>
        server.Options.IssueRefreshTokens && client.MayUse("refresh_token") && AllowsRefreshToken(grant.Scopes);

    /// <summary>Refreshes an access token (RFC 6749 §6).</summary>
    private JsonObject Refresh(TestClient client, FormParameters form, Confirmation? confirmation)
    {
        string value = form["refresh_token"] ?? throw OAuthErrorException.InvalidRequest("The refresh_token is missing.");
        TestAuthorizationServerOptions options = server.Options;
        bool rotate = options.RotateRefreshTokens;
        IReadOnlyList<string> scopes = [];
        IReadOnlyList<string> resources = [];
        JsonArray? details = null;
        IssuedRefreshToken token = server.Grants.RedeemRefreshToken(
            value,
            client,
            server.Now,
            rotate,
            options.RefreshTokenGracePeriod,
            found =>
            {
                if (found.Confirmation is { } bound && bound != confirmation)
                    throw OAuthErrorException.InvalidGrant("The refresh token is bound to another key or certificate.");
                IReadOnlyList<string> granted = found.Grant.Scopes;
                string[]? requested = form["scope"]?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (requested?.FirstOrDefault(scope => !granted.Contains(scope)) is not null)
                    throw OAuthErrorException.InvalidScope("The requested scope exceeds the granted scope.");
                scopes = requested ?? granted;
                resources = RequestedResources.Narrow(found.Grant.Resources, form.All("resource"));
                details = Narrow(found.Grant, client, form);
                RequireClaims(found.Grant, scopes);
                if (options.NarrowGrantAtRefresh)
                    found.Grant.Narrow(scopes);
            }
        );
        return Respond(token.Grant, scopes, resources, details, rotate, nonce: null, refreshed: true, confirmation);
    }

    private bool AllowsRefreshToken(IReadOnlyList<string> scopes) =>
        !scopes.Contains("openid") || scopes.Contains("offline_access") || server.Options.RefreshTokenWithoutOfflineAccess;

    /// <summary>Refuses a refresh that requires claims until the user has authorized with them (OpenID Connect Core §3.1.2.6).</summary>
    private void RequireClaims(IssuedGrant grant, IReadOnlyList<string> scopes)
    {
        foreach (string scope in scopes)
        {
            if (
                server.Options.ClaimsRequiredAtRefresh.TryGetValue(scope, out JsonObject? claims)
                && !JsonNode.DeepEquals(claims, grant.RequestedClaims)
            )
                throw new OAuthErrorException("interaction_required", $"The scope {scope} requires an authorization with claims.")
                {
                    Claims = claims.ToJsonString(),
                };
        }
    }

    /// <summary>Issues an access token to a confidential client, without a refresh token (RFC 6749 §4.4).</summary>
    private JsonObject ClientCredentials(TestClient client, FormParameters form, Confirmation? confirmation)
    {
        if (client.IsPublic)
            throw OAuthErrorException.UnauthorizedClient("A public client may not use client_credentials.");
        IReadOnlyList<string> scopes = server.ParseScope(form["scope"], client);
        if (scopes.Contains("openid"))
            throw OAuthErrorException.InvalidScope("The scope openid requires a user.");
        IReadOnlyList<string> resources = RequestedResources.Parse(form.All("resource"));
        return Respond(
            new IssuedGrant(client, user: null, scopes, resources, server.Now),
            scopes,
            resources,
            AuthorizationDetailsRules.Parse(form["authorization_details"], client, server.Options),
            refreshable: false,
            nonce: null,
            refreshed: false,
            confirmation
        );
    }

    private JsonArray? Narrow(IssuedGrant grant, TestClient client, FormParameters form) =>
        AuthorizationDetailsRules.Narrow(grant.AuthorizationDetails, form["authorization_details"], client, server.Options);

    /// <summary>Creates the token response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).</summary>
    private JsonObject Respond(
        IssuedGrant grant,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> resources,
        JsonArray? details,
        bool refreshable,
        string? nonce,
        bool refreshed,
        Confirmation? confirmation
    )
    {
        TestAuthorizationServerOptions options = server.Options;
        IssuedAccessToken issuedAccessToken = server.Grants.AddAccessToken(
            grant,
            scopes,
            resources,
            details,
            server.Now,
            options.AccessTokenLifetime,
            confirmation
        );
        JsonObject response = new()
        {
            ["access_token"] = issuedAccessToken.Value,
            ["token_type"] = issuedAccessToken.TokenType,
            ["expires_in"] = (long)options.AccessTokenLifetime.TotalSeconds,
        };
        if (scopes is not [])
            response["scope"] = string.Join(' ', scopes);
        if (details is not null && (!refreshed || options.SendAuthorizationDetailsAtRefresh))
            response["authorization_details"] = details.DeepClone();
        if (refreshable)
            response["refresh_token"] = server
                .Grants.AddRefreshToken(grant, server.Now, options.RefreshTokenLifetime, grant.Client.IsPublic ? confirmation : null)
                .Value;
        if (grant.User is not null && scopes.Contains("openid") && options.Defect is not Defect.IdTokenMissing)
            response["id_token"] = IdTokenFactory.Create(server, grant, issuedAccessToken, nonce, refreshed);
        return response;
    }
}
