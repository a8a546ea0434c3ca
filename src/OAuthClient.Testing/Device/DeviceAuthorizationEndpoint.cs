using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The device authorization endpoint (RFC 8628 §3.1, §3.2).</summary>
internal sealed class DeviceAuthorizationEndpoint(ServerState server)
{
    public const string Path = "/device_authorization";

    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(5);

    public Reply Answer(RecordedRequest request) =>
        AuthenticatedEndpoint.Answer(
            request,
            server,
            (client, form) =>
            {
                TestAuthorizationServerOptions options = server.Options;
                if (!client.MayUse(TokenEndpoint.DeviceCodeGrant))
                    throw OAuthErrorException.UnauthorizedClient("The client may not use device codes.");
                if (form["client_id"] is { } stated && stated != client.ClientId)
                    throw OAuthErrorException.InvalidRequest("The client_id is not that of the authenticated client.");
                if (options.RejectResource && form.Contains("resource"))
                    throw OAuthErrorException.InvalidTarget("The resource parameter is not supported with scopes.");
                IssuedDeviceCode code = server.DeviceCodes.Add(
                    new IssuedDeviceCode(
                        client,
                        new RequestedAccess(
                            server.ParseScope(form["scope"], client),
                            RequestedResources.Parse(form.All("resource")),
                            AuthorizationDetailsRules.Parse(form["authorization_details"], client, options)
                        ),
                        server.Now + options.DeviceCodeLifetime,
                        options.DevicePollInterval ?? DefaultInterval
                    )
                );
                string verificationUri = server.Address(DeviceVerificationEndpoint.Path);
                JsonObject response = new()
                {
                    ["device_code"] = code.Value,
                    ["user_code"] = code.UserCode,
                    ["verification_uri"] = verificationUri,
                    ["expires_in"] = (long)options.DeviceCodeLifetime.TotalSeconds,
                };
                if (options.SendVerificationUriComplete)
                    response["verification_uri_complete"] = AuthorizationResponseWriter.AddQuery(
                        verificationUri,
                        [new("user_code", code.UserCode)]
                    );
                if (options.DevicePollInterval is { } interval)
                    response["interval"] = (long)interval.TotalSeconds;
                options.OnDeviceAuthorization?.Invoke(response);
                return Reply.Json(200, response).NotStored();
            }
        );
}
