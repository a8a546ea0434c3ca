namespace OAuthClient.Testing;

/// <summary>Routes requests to the endpoints.</summary>
internal sealed class AuthorizationServerEndpoints(ServerState server, BackChannelLogoutSender backChannel)
{
    private const string Registration = "/register";

    private readonly EndSessionEndpoint _endSession = new(server, backChannel);
    private readonly AuthorizationEndpoint _authorization = new(server);
    private readonly DeviceAuthorizationEndpoint _deviceAuthorization = new(server);
    private readonly DeviceVerificationEndpoint _deviceVerification = new(server);
    private readonly TokenEndpoint _token = new(server);
    private readonly RevocationEndpoint _revocation = new(server);
    private readonly UserInfoEndpoint _userInfo = new(server);
    private readonly IntrospectionEndpoint _introspection = new(server);
    private readonly ClaimsEndpoint _claims = new(server);
    private readonly RegistrationEndpoint _registration = new(server);
    private readonly WebFingerEndpoint _webFinger = new(server);
    private readonly MetadataEndpoint _metadata = new(server);

    public TestEndpoint Classify(string path)
    {
        if (IsMetadata(path))
            return TestEndpoint.Metadata;
        if (path is WebFingerEndpoint.Path)
            return TestEndpoint.WebFinger;
        if (!path.StartsWith(server.PathBase, StringComparison.Ordinal))
            return TestEndpoint.Other;
        return path[server.PathBase.Length..] switch
        {
            "/authorize" => TestEndpoint.Authorization,
            "/login" => TestEndpoint.Login,
            "/consent" => TestEndpoint.Consent,
            "/par" => TestEndpoint.PushedAuthorization,
            DeviceAuthorizationEndpoint.Path => TestEndpoint.DeviceAuthorization,
            DeviceVerificationEndpoint.Path or DeviceVerificationEndpoint.LoginPath or DeviceVerificationEndpoint.ConsentPath =>
                TestEndpoint.DeviceVerification,
            "/token" => TestEndpoint.Token,
            "/revoke" => TestEndpoint.Revocation,
            "/userinfo" => TestEndpoint.UserInfo,
            "/introspect" => TestEndpoint.Introspection,
            "/foreign-keys" or "/foreign-certificate" => TestEndpoint.ForeignKeys,
            "/claims" => TestEndpoint.Claims,
            "/logout" or "/logout/confirm" => TestEndpoint.EndSession,
            Registration => TestEndpoint.Registration,
            var other when other.StartsWith(Registration + "/", StringComparison.Ordinal) => TestEndpoint.Registration,
            "/jwks" => TestEndpoint.Jwks,
            _ => TestEndpoint.Other,
        };
    }

    public Task<Reply> AnswerAsync(RecordedRequest request, CancellationToken cancellationToken) =>
        request.Endpoint switch
        {
            TestEndpoint.EndSession when request.Path.EndsWith("/confirm", StringComparison.Ordinal) => _endSession.ConfirmAsync(
                request,
                cancellationToken
            ),
            TestEndpoint.EndSession => _endSession.AnswerAsync(request, cancellationToken),
            _ => Task.FromResult(Answer(request)),
        };

    // RFC 8414 §3.1 inserts the well-known name before the issuer's path; OpenID Connect Discovery §4.1 appends it.
    private bool IsMetadata(string path) =>
        server.Options.MetadataPath is { } other
            ? path == server.PathBase + other
            : path == "/.well-known/oauth-authorization-server" + server.PathBase
                || path == server.PathBase + "/.well-known/openid-configuration";

    private Reply Answer(RecordedRequest request) =>
        request.Endpoint switch
        {
            TestEndpoint.Metadata => _metadata.Metadata(request),
            TestEndpoint.Jwks => _metadata.Keys(request),
            TestEndpoint.Authorization => _authorization.Authorize(request),
            TestEndpoint.Login => _authorization.LogIn(request),
            TestEndpoint.Consent => _authorization.Consent(request),
            TestEndpoint.PushedAuthorization => server.PushedRequests.Answer(request),
            TestEndpoint.DeviceAuthorization => _deviceAuthorization.Answer(request),
            TestEndpoint.DeviceVerification => _deviceVerification.Answer(request, request.Path[server.PathBase.Length..]),
            TestEndpoint.Token => _token.Answer(request),
            TestEndpoint.Revocation => _revocation.Answer(request),
            TestEndpoint.UserInfo => _userInfo.Answer(request),
            TestEndpoint.Introspection => _introspection.Answer(request),
            TestEndpoint.Registration => _registration.Answer(
                request,
                request.Path[(server.PathBase + Registration).Length..] is ['/', .. var clientId] ? clientId : null
            ),
            TestEndpoint.WebFinger => _webFinger.Answer(request),
            TestEndpoint.ForeignKeys => SignatureDefects.ForeignKeys(request),
            TestEndpoint.Claims => _claims.Answer(request),
            _ => Reply.NotFound(),
        };
}
