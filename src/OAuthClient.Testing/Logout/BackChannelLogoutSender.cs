using System.Net;

namespace OAuthClient.Testing;

/// <summary>Sends logout tokens to clients (OpenID Connect Back-Channel Logout §2.5).</summary>
internal sealed class BackChannelLogoutSender(ServerState server) : IDisposable
{
    // A client that does not respond must not prevent the logout.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        }
    );

    /// <summary>Sends a logout token.</summary>
    /// <exception cref="HttpRequestException">The client cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">The client does not respond in time, or the operation was canceled.</exception>
    public async Task<HttpStatusCode> SendAsync(Uri address, string logoutToken, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ResponseTimeout);
        using HttpRequestMessage request = new(HttpMethod.Post, address)
        {
            Content = new FormUrlEncodedContent([new("logout_token", logoutToken)]),
        };
        using HttpResponseMessage response = await _http.SendAsync(request, timeout.Token);
        return response.StatusCode;
    }

    /// <summary>
    /// Notifies the clients of a session concurrently and waits for the responses. A client that cannot be reached is ignored.
    /// </summary>
    public Task NotifyAsync(BrowserSession session, CancellationToken cancellationToken) =>
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
                    catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException) { }
                })
        );

    public void Dispose() => _http.Dispose();
}
