using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>
/// The page where a user enters the code of a device, with its login and consent pages (RFC 8628 §3.3). The user confirms each device,
/// because another person could have sent the code (§5.4).
/// </summary>
internal sealed class DeviceVerificationEndpoint(ServerState server)
{
    public const string Path = "/device";
    public const string LoginPath = "/device/login";
    public const string ConsentPath = "/device/consent";

    private const string AtCode = "device";
    private const string AtLogin = "device-login";
    private const string AtConsent = "device-consent";

    public Reply Answer(RecordedRequest http, string path) =>
        path switch
        {
            LoginPath => LogIn(http),
            ConsentPath => Consent(http),
            _ => EnterCode(http),
        };

    private Reply EnterCode(RecordedRequest http)
    {
        if (http.Method is "GET")
            return ShowCode(http, http.QueryParameters["user_code"], problem: null);
        if (http.Method is not "POST")
            return Reply.MethodNotAllowed("GET, POST");
        if (server.Tickets.Open(AtCode, server.Sessions.Browser(http), "", http.FormParameters["ticket"]) is null)
            return Stale();
        string userCode = http.FormParameters["user_code"] ?? "";
        if (server.DeviceCodes.FindPending(userCode, server.Now) is not { } code)
            return ShowCode(http, userCode, "The code is wrong, was used, or has expired.");
        return server.Sessions.Find(http) is { } session ? ShowConsent(http, code, session) : ShowLogin(http, code, userName: null, null);
    }

    private Reply LogIn(RecordedRequest http)
    {
        if (http.Method is not "POST")
            return Reply.MethodNotAllowed("POST");
        string? browser = server.Sessions.Browser(http);
        if (
            server.Tickets.Open(AtLogin, browser, "", http.FormParameters["ticket"]) is not { } userCode
            || server.DeviceCodes.FindPending(userCode, server.Now) is not { } code
        )
            return Stale();
        if (http.FormParameters["decision"] is "deny")
            return Decide(code, grant: null);
        string userName = http.FormParameters["username"] ?? "";
        if (
            !server.Users.TryGetValue(userName, out TestUser? user)
            || !Randomness.SameSecret(user.EffectivePassword, http.FormParameters["password"] ?? "")
        )
            return ShowLogin(http, code, userName, "The user name or the password is wrong.");
        (BrowserSession session, string setCookie) = server.Sessions.SignIn(http, user, server.Now);
        return ShowConsent(http, code, session).With("Set-Cookie", setCookie);
    }

    private Reply Consent(RecordedRequest http)
    {
        if (http.Method is not "POST")
            return Reply.MethodNotAllowed("POST");
        if (
            server.Sessions.Find(http) is not { } session
            || server.Tickets.Open(AtConsent, server.Sessions.Browser(http), session.User.Subject, http.FormParameters["ticket"])
                is not { } userCode
            || server.DeviceCodes.FindPending(userCode, server.Now) is not { } code
        )
            return Stale();
        string[] approved = [.. code.Access.Scopes.Where(scope => scope is "openid" || http.FormParameters.All("scope").Contains(scope))];
        bool allows = http.FormParameters["decision"] is "allow" && (approved is not [] || code.Access.Scopes is []);
        if (!allows)
            return Decide(code, grant: null);
        if (approved.Contains("openid"))
            session.AddClient(code.Client);
        JsonArray? details = code.Access.AuthorizationDetails?.DeepClone().AsArray();
        if (details is not null)
            server.Options.OnAuthorizationDetails?.Invoke(details);
        return Decide(
            code,
            new IssuedGrant(code.Client, session.User, approved, code.Access.Resources, session.AuthenticatedAt)
            {
                SessionId = session.Id,
                AuthorizationDetails = details,
            }
        );
    }

    private Reply Decide(IssuedDeviceCode code, IssuedGrant? grant) =>
        server.DeviceCodes.Decide(code, grant) ? DevicePage.Decided(code.Client, isApproved: grant is not null) : Stale();

    private Reply ShowCode(RecordedRequest http, string? userCode, string? problem)
    {
        string browser = server.Sessions.Browser(http) ?? Randomness.Token();
        string ticket = server.Tickets.Seal(AtCode, browser, "", "");
        return server.Sessions.WithBrowserCookie(DevicePage.EnterCode(server, ticket, userCode, problem), browser);
    }

    private Reply ShowLogin(RecordedRequest http, IssuedDeviceCode code, string? userName, string? problem)
    {
        string browser = server.Sessions.Browser(http) ?? Randomness.Token();
        string ticket = server.Tickets.Seal(AtLogin, browser, "", code.UserCode);
        return server.Sessions.WithBrowserCookie(LoginPage.Create(server, code.Client, LoginPath, ticket, userName, problem), browser);
    }

    private Reply ShowConsent(RecordedRequest http, IssuedDeviceCode code, BrowserSession session)
    {
        string browser = server.Sessions.Browser(http) ?? Randomness.Token();
        string ticket = server.Tickets.Seal(AtConsent, browser, session.User.Subject, code.UserCode);
        return server.Sessions.WithBrowserCookie(
            ConsentPage.Create(
                server.Address(ConsentPath),
                code.Client,
                code.Access,
                session.User,
                ticket,
                $"Allow it only if your device shows the code <strong>{Page.Encode(code.UserCode)}</strong>."
            ),
            browser
        );
    }

    private static Reply Stale() =>
        ErrorPage.Create(
            "stale_form",
            "The code was used or has expired, or this form was issued to another browser. Get a new code from the device."
        );
}
