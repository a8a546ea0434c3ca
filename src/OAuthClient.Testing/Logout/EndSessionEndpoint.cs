namespace OAuthClient.Testing;

/// <summary>The end session endpoint (OpenID Connect RP-Initiated Logout §2), and the page that asks when nobody proved which session is meant.</summary>
internal sealed class EndSessionEndpoint(ServerState server, BackChannelLogoutSender backChannel)
{
    private const string AtSignOut = "sign-out";

    /// <summary>Takes GET and POST (§2).</summary>
    public async Task<Reply> AnswerAsync(RecordedRequest http, CancellationToken cancellationToken)
    {
        if (http.Method is not ("GET" or "POST"))
            return Reply.MethodNotAllowed("GET, POST");
        return await GuardedAsync(
            http.Method is "POST" ? http.Body : http.QueryString,
            request =>
            {
                BrowserSession? session = server.Sessions.Find(http);
                // Whoever holds no ID Token of this very session could be any page that links here.
                if (session is not null && session.Id != request.SessionId)
                    return Task.FromResult(Ask(http, request, session));
                session ??= request.SessionId is { } sessionId ? server.Sessions.FindById(sessionId) : null;
                return EndAsync(session, request, cancellationToken);
            }
        );
    }

    /// <summary>The form of that page.</summary>
    public async Task<Reply> ConfirmAsync(RecordedRequest http, CancellationToken cancellationToken)
    {
        if (http.Method is not "POST")
            return Reply.MethodNotAllowed("POST");
        if (
            server.Sessions.Find(http) is not { } session
            || server.Tickets.Open(AtSignOut, server.Sessions.Browser(http), session.User.Subject, http.FormParameters["ticket"])
                is not { } encoded
        )
            return ErrorPage.Create(
                "stale_form",
                "This form belongs to another browser or to a session that is over. Go back to the application and start again."
            );
        return http.FormParameters["decision"] is "allow"
            ? await GuardedAsync(encoded, request => EndAsync(session, request, cancellationToken))
            : SignedOutPage.StillSignedIn(session.User);
    }

    private async Task<Reply> GuardedAsync(string encoded, Func<EndSessionRequest, Task<Reply>> proceed)
    {
        try
        {
            return await proceed(EndSessionRequest.Parse(encoded, server));
        }
        catch (OAuthErrorException oAuthErrorException)
        {
            return ErrorPage.Create(oAuthErrorException.Error, oAuthErrorException.Message);
        }
    }

    private Reply Ask(RecordedRequest http, EndSessionRequest request, BrowserSession session)
    {
        string browser = server.Sessions.Browser(http) ?? Randomness.Token();
        string ticket = server.Tickets.Seal(AtSignOut, browser, session.User.Subject, request.Encoded);
        return server.Sessions.Remember(SignOutPage.Create(server, request.Client, session.User, ticket), browser);
    }

    private async Task<Reply> EndAsync(BrowserSession? session, EndSessionRequest request, CancellationToken cancellationToken)
    {
        List<KeyValuePair<string, string>> parameters = request.State is { } state ? [new("state", state)] : [];
        ParameterDefects.ApplyToPostLogout(server.Options.Defect, parameters);
        string? next = request.RedirectUri is { } uri ? AuthorizationResponseWriter.AddQuery(uri, parameters) : null;
        string[] frames = [];
        if (session is not null)
        {
            server.Sessions.End(session);
            server.Grants.RevokeSession(session.Id);
            await backChannel.TellAsync(session, cancellationToken);
            frames =
            [
                .. server
                    .ClientsOf(session)
                    .Where(client => client.FrontChannelLogoutUri is not null)
                    .Select(client => Frame(client, session)),
            ];
        }

        return frames is [] && next is not null
            ? Reply.Redirect(303, next).NotStored().With("Referrer-Policy", "no-referrer")
            : SignedOutPage.Create(frames, next);
    }

    /// <summary>OpenID Connect Front-Channel Logout §2.</summary>
    private string Frame(TestClient client, BrowserSession session) =>
        AuthorizationResponseWriter.AddQuery(
            client.FrontChannelLogoutUri!.AbsoluteUri,
            [new("iss", server.IssuerFor(session.User)), new("sid", session.Id)]
        );
}
