namespace OAuthClient.Testing;

/// <summary>
/// The end session endpoint (OpenID Connect RP-Initiated Logout §2) with a confirmation page for requests that do not identify the session.
/// </summary>
internal sealed class EndSessionEndpoint(ServerState server, BackChannelLogoutSender backChannel)
{
    private const string AtSignOut = "sign-out";

    /// <summary>Processes a logout request by GET or POST (§2).</summary>
    public async Task<Reply> AnswerAsync(RecordedRequest http, CancellationToken cancellationToken)
    {
        if (http.Method is not ("GET" or "POST"))
            return Reply.MethodNotAllowed("GET, POST");
        return await HandleErrorsAsync(
            http.Method is "POST" ? http.Body : http.QueryString,
            request =>
            {
                BrowserSession? session = server.Sessions.Find(http);
                // Without an ID Token of this session, the request can come from any page that links to this address.
                if (session is not null && session.Id != request.SessionId)
                    return Task.FromResult(ShowConfirmation(http, request, session));
                session ??= request.SessionId is { } sessionId ? server.Sessions.FindById(sessionId) : null;
                return EndAsync(session, request, cancellationToken);
            }
        );
    }

    /// <summary>Processes the form of the confirmation page.</summary>
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
                "This form was issued to another browser or its session has ended. Return to the application and try again."
            );
        return http.FormParameters["decision"] is "allow"
            ? await HandleErrorsAsync(encoded, request => EndAsync(session, request, cancellationToken))
            : SignedOutPage.StillSignedIn(session.User);
    }

    private async Task<Reply> HandleErrorsAsync(string encoded, Func<EndSessionRequest, Task<Reply>> proceed)
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

    private Reply ShowConfirmation(RecordedRequest http, EndSessionRequest request, BrowserSession session)
    {
        string browser = server.Sessions.Browser(http) ?? Randomness.Token();
        string ticket = server.Tickets.Seal(AtSignOut, browser, session.User.Subject, request.Encoded);
        return server.Sessions.WithBrowserCookie(SignOutPage.Create(server, request.Client, session.User, ticket), browser);
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
            await backChannel.NotifyAsync(session, cancellationToken);
            frames =
            [
                .. server
                    .ClientsOf(session)
                    .Where(client => client.FrontChannelLogoutUri is not null)
                    .Select(client => FrameAddress(client, session)),
            ];
        }

        return frames is [] && next is not null
            ? Reply.Redirect(303, next).NotStored().With("Referrer-Policy", "no-referrer")
            : SignedOutPage.Create(frames, next);
    }

    /// <summary>Returns the address for the frame of a client (OpenID Connect Front-Channel Logout §2).</summary>
    private string FrameAddress(TestClient client, BrowserSession session) =>
        AuthorizationResponseWriter.AddQuery(
            client.FrontChannelLogoutUri!.AbsoluteUri,
            [new("iss", server.IssuerFor(session.User)), new("sid", session.Id)]
        );
}
