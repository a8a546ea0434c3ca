using System.Net;

namespace OAuthClient.Testing;

/// <summary>Tells clients, server to server, that a session is over (OpenID Connect Back-Channel Logout §2.5).</summary>
internal sealed class BackChannelLogoutSender(ServerState server) : IDisposable
{
    // A client that does not answer must not keep the user from signing out.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        }
    );

    /// <exception cref="HttpRequestException">The client cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">The client does not answer, or the caller gave up.</exception>
    public async Task<HttpStatusCode> SendAsync(Uri address, string logoutToken, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        using HttpRequestMessage request = new(HttpMethod.Post, address)
        {
            Content = new FormUrlEncodedContent([new("logout_token", logoutToken)]),
        };
        using HttpResponseMessage response = await _http.SendAsync(request, patience.Token);
        return response.StatusCode;
    }

    /// <summary>Tells all who took part, at once, and waits for them; who cannot be reached is passed over.</summary>
    public Task TellAsync(BrowserSession session, CancellationToken cancellationToken) =>
        Task.WhenAll(
            server
                .ClientsOf(session)
                .Where(client => client.BackChannelLogoutUri is not null)
                .Select(async client =>
                {
                    string token = LogoutTokenFactory.Create(
                        server,
                        client,
                        server.IssuerFor(session.User),
                        session.User.Subject,
                        session.Id
                    );
                    try
                    {
                        await SendAsync(client.BackChannelLogoutUri!, token, cancellationToken);
                    }
                    catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException) { }
                })
        );

    public void Dispose() => _http.Dispose();
}
