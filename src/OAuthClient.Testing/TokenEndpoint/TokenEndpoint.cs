using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The token endpoint (RFC 6749 §3.2).</summary>
internal sealed class TokenEndpoint(ServerState server)
{
    public Reply Answer(RecordedRequest request) =>
        AuthenticatedEndpoint.Answer(
            request,
            server,
            (client, form) =>
            {
                if (form["grant_type"] is not { } grantType)
                    throw OAuthErrorException.InvalidRequest("The grant_type is missing.");
                if (grantType is not ("authorization_code" or "refresh_token" or "client_credentials"))
                    throw new OAuthErrorException("unsupported_grant_type", "The grant_type is not supported.");
                if (!client.MayUse(grantType))
                    throw OAuthErrorException.UnauthorizedClient("The client may not use this grant_type.");
                if (server.Options.RejectCodeVerifier && form.Contains("code_verifier"))
                    throw OAuthErrorException.InvalidClient("Client authentication failed.");
                if (server.Options.RejectResource && form.Contains("resource"))
                    throw new OAuthErrorException("invalid_target", "The resource parameter is not supported with scopes.");
                JsonObject response = grantType switch
                {
                    "authorization_code" => RedeemCode(client, form),
                    "refresh_token" => Refresh(client, form),
                    _ => ClientCredentials(client, form),
                };
                server.Options.OnTokenResponse?.Invoke(response);
                return Reply.Json(200, response).NotStored();
            }
        );

    /// <summary>Redeems an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6).</summary>
    private JsonObject RedeemCode(TestClient client, FormParameters form)
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
                resources = RequestedResources.Narrow(found.Grant.Resources, form.All("resource"));
                details = Narrow(found.Grant, client, form);
            }
        );
        bool refreshable = server.Options.IssueRefreshTokens && client.MayUse("refresh_token");
        return Respond(code.Grant, code.Grant.Scopes, resources, details, refreshable, code.Request.Nonce, refreshed: false);
    }

    /// <summary>Refreshes an access token (RFC 6749 §6).</summary>
    private JsonObject Refresh(TestClient client, FormParameters form)
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
                IReadOnlyList<string> granted = found.Grant.Scopes;
                string[]? requested = form["scope"]?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (requested?.FirstOrDefault(scope => !granted.Contains(scope)) is not null)
                    throw OAuthErrorException.InvalidScope("The requested scope exceeds the granted scope.");
                scopes = requested ?? granted;
                resources = RequestedResources.Narrow(found.Grant.Resources, form.All("resource"));
                details = Narrow(found.Grant, client, form);
            }
        );
        return Respond(token.Grant, scopes, resources, details, rotate, nonce: null, refreshed: true);
    }

    /// <summary>Issues an access token to a confidential client, without a refresh token (RFC 6749 §4.4).</summary>
    private JsonObject ClientCredentials(TestClient client, FormParameters form)
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
            refreshed: false
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
        bool refreshed
    )
    {
        TestAuthorizationServerOptions options = server.Options;
        IssuedAccessToken issuedAccessToken = server.Grants.AddAccessToken(
            grant,
            scopes,
            resources,
            details,
            server.Now,
            options.AccessTokenLifetime
        );
        JsonObject response = new()
        {
            ["access_token"] = issuedAccessToken.Value,
            ["token_type"] = "Bearer",
            ["expires_in"] = (long)options.AccessTokenLifetime.TotalSeconds,
        };
        if (scopes is not [])
            response["scope"] = string.Join(' ', scopes);
        if (details is not null && (!refreshed || options.SendAuthorizationDetailsAtRefresh))
            response["authorization_details"] = details.DeepClone();
        if (refreshable)
            response["refresh_token"] = server.Grants.AddRefreshToken(grant, server.Now, options.RefreshTokenLifetime).Value;
        if (grant.User is not null && scopes.Contains("openid") && options.Defect is not Defect.IdTokenMissing)
            response["id_token"] = IdTokenFactory.Create(server, grant, issuedAccessToken, nonce, refreshed);
        return response;
    }
}
