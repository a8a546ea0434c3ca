using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The authorization endpoint (RFC 6749 §3.1) with its login page and consent page.</summary>
internal sealed class AuthorizationEndpoint(ServerState server)
{
    private const string AtLogin = "login";
    private const string AfterLogin = "after-login";
    private const string AtConsent = "consent";

    /// <summary>Processes an authorization request by GET or POST (OpenID Connect Core §3.1.2.1).</summary>
    public Reply Authorize(RecordedRequest http)
    {
        if (http.Method is not ("GET" or "POST"))
            return Reply.MethodNotAllowed("GET, POST");
        string encoded;
        try
        {
            encoded = server.PushedRequests.Resolve(http.Method is "POST" ? http.Body : http.QueryString.TrimStart('?'));
        }
        catch (OAuthErrorException oAuthErrorException)
        {
            return ErrorPage.Create(oAuthErrorException.Error, oAuthErrorException.Message);
        }

        return HandleErrors(
            encoded,
            request =>
            {
                BrowserSession? session = server.Sessions.Find(http);
                if (session is null || RequiresLogin(request, session))
                {
                    if (request.Prompt.Contains("none"))
                        return AuthorizationResponseWriter.Error(server, request, "login_required", "The user is not signed in.");
                    return ShowLogin(http, request, request.LoginHint ?? session?.User.UserName, problem: null);
                }

                return ContinueWithSession(http, request, session);
            }
        );
    }

    /// <summary>Processes the form of the login page.</summary>
    public Reply LogIn(RecordedRequest http)
    {
        if (http.Method is not "POST")
            return Reply.MethodNotAllowed("POST");
        string? browser = server.Sessions.Browser(http);
        if (server.Tickets.Open(AtLogin, browser, "", http.FormParameters["ticket"]) is not { } encoded)
            return InvalidForm();
        return HandleErrors(
            encoded,
            request =>
            {
                if (http.FormParameters["decision"] is "deny")
                    return AuthorizationResponseWriter.Error(server, request, "access_denied", "The user did not sign in.");
                string userName = http.FormParameters["username"] ?? "";
                if (
                    !server.Users.TryGetValue(userName, out TestUser? user)
                    || !Randomness.SameSecret(user.EffectivePassword, http.FormParameters["password"] ?? "")
                )
                    return ShowLogin(http, request, userName, "The user name or the password is wrong.");

                (BrowserSession session, string setCookie) = server.Sessions.SignIn(http, user, server.Now);
                // The consent page has its own address, so that reloading it does not send the password again.
                Reply next = RequiresConsent(request, session)
                    ? Reply
                        .Redirect(
                            303,
                            AuthorizationResponseWriter.AddQuery(
                                server.Address("/consent"),
                                [new("ticket", server.Tickets.Seal(AfterLogin, browser!, user.Subject, request.Encoded))]
                            )
                        )
                        .NotStored()
                    : Grant(request, session, request.Scopes);
                return next.With("Set-Cookie", setCookie);
            }
        );
    }

    /// <summary>Shows the consent page after a login (GET) and processes its form (POST).</summary>
    public Reply Consent(RecordedRequest http)
    {
        if (http.Method is not ("GET" or "POST"))
            return Reply.MethodNotAllowed("GET, POST");
        bool isForm = http.Method is "POST";
        if (
            server.Sessions.Find(http) is not { } session
            || server.Tickets.Open(
                isForm ? AtConsent : AfterLogin,
                server.Sessions.Browser(http),
                session.User.Subject,
                isForm ? http.FormParameters["ticket"] : http.QueryParameters["ticket"]
            )
                is not { } encoded
        )
            return InvalidForm();
        return HandleErrors(
            encoded,
            request =>
            {
                if (!isForm)
                    return ShowConsent(http, request, session);
                string[] approved =
                [
                    .. request.Scopes.Where(scope => scope is "openid" || http.FormParameters.All("scope").Contains(scope)),
                ];
                if (http.FormParameters["decision"] is not "allow" || (approved is [] && request.Scopes is not []))
                    return AuthorizationResponseWriter.Error(server, request, "access_denied", "The user denied the request.");
                session.Consent(request, approved);
                return Grant(request, session, approved);
            }
        );
    }

    private Reply HandleErrors(string encoded, Func<ReceivedAuthorizationRequest, Reply> proceed)
    {
        ReceivedAuthorizationRequest request;
        try
        {
            request = ReceivedAuthorizationRequest.Parse(encoded, server);
        }
        catch (OAuthErrorException oAuthErrorException)
        {
            return ErrorPage.Create(oAuthErrorException.Error, oAuthErrorException.Message);
        }

        try
        {
            request.Validate(server);
            return proceed(request);
        }
        catch (OAuthErrorException oAuthErrorException)
        {
            return AuthorizationResponseWriter.Error(server, request, oAuthErrorException.Error, oAuthErrorException.Description);
        }
    }

    private bool RequiresLogin(ReceivedAuthorizationRequest request, BrowserSession session) =>
        request.Prompt.Contains("login")
        || request.Prompt.Contains("select_account")
        || (request.MaxAge is { } maxAge && server.Now - session.AuthenticatedAt > maxAge);

    private static bool RequiresConsent(ReceivedAuthorizationRequest request, BrowserSession session) =>
        request.Prompt.Contains("consent") || (request.Client.RequireConsent && !session.HasConsented(request));

    private Reply ContinueWithSession(RecordedRequest http, ReceivedAuthorizationRequest request, BrowserSession session)
    {
        if (!RequiresConsent(request, session))
            return Grant(request, session, request.Scopes);
        return request.Prompt.Contains("none")
            ? AuthorizationResponseWriter.Error(server, request, "consent_required", "The user has not consented.")
            : ShowConsent(http, request, session);
    }

    private Reply Grant(ReceivedAuthorizationRequest request, BrowserSession session, IReadOnlyList<string> scopes)
    {
        if (scopes.Contains("openid"))
            session.AddClient(request.Client);
        IssuedGrant grant = new(request.Client, session.User, scopes, request.Resources, session.AuthenticatedAt)
        {
            SessionId = session.Id,
            RequestedClaims = request.Claims,
            AuthorizationDetails = Granted(request.AuthorizationDetails),
            Acr = request.AcrValues.FirstOrDefault(server.Options.AcrValuesSupported.Contains),
        };
        return AuthorizationResponseWriter.Code(
            server,
            request,
            server.Grants.AddCode(grant, request, server.Now + server.Options.CodeLifetime)
        );
    }

    private JsonArray? Granted(JsonArray? requested)
    {
        JsonArray? granted = requested?.DeepClone().AsArray();
        if (granted is not null)
            server.Options.OnAuthorizationDetails?.Invoke(granted);
        return granted;
    }

    private Reply ShowLogin(RecordedRequest http, ReceivedAuthorizationRequest request, string? userName, string? problem)
    {
        string browser = server.Sessions.Browser(http) ?? Randomness.Token();
        string ticket = server.Tickets.Seal(AtLogin, browser, "", request.Encoded);
        return server.Sessions.WithBrowserCookie(LoginPage.Create(server, request.Client, "/login", ticket, userName, problem), browser);
    }

    private Reply ShowConsent(RecordedRequest http, ReceivedAuthorizationRequest request, BrowserSession session)
    {
        string browser = server.Sessions.Browser(http) ?? Randomness.Token();
        string ticket = server.Tickets.Seal(AtConsent, browser, session.User.Subject, request.Encoded);
        return server.Sessions.WithBrowserCookie(ConsentPage.Create(server, request, session.User, ticket), browser);
    }

    private static Reply InvalidForm() =>
        ErrorPage.Create(
            "stale_form",
            "This form was issued to another browser or its sign-in has ended. Return to the application and try again."
        );
}
