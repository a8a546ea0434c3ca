using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using OAuthClient;
using OAuthProtocolException = OAuthClient.OAuthProtocolException;

namespace Console;

/// <summary>An external authorization server, the machine's browser, and a listener that is open only while the sample waits.</summary>
internal sealed class ExternalServer(IReadOnlyDictionary<string, string> given) : IDemoEnvironment
{
    private static readonly TimeSpan BrowserTimeout = TimeSpan.FromMinutes(5);

    private readonly Uri api = new(given["--api"]);

    public Uri Issuer { get; } = new(given["--issuer"]);
    public string ClientId => given["--client-id"];
    public string? ClientSecret => given.GetValueOrDefault("--client-secret") ?? Environment.GetEnvironmentVariable("CLIENT_SECRET");
    public Uri RedirectUri { get; } =
        new($"http://127.0.0.1:{int.Parse(given.GetValueOrDefault("--port", "8400"), CultureInfo.InvariantCulture)}/callback");
    public IList<string> Scopes =>
        given.GetValueOrDefault("--scope", "openid profile offline_access").Split(' ', StringSplitOptions.RemoveEmptyEntries);
    public bool IsOnThisMachine => Issuer.IsLoopback;
    public Uri Api => new(api.GetLeftPart(UriPartial.Authority));
    public string Resource => api.PathAndQuery;

    public async Task<Uri> SendBrowserAsync(PendingAuthorization pending)
    {
        var authorizationUri = pending.AuthorizationUri;
        using var listener = new HttpListener { Prefixes = { RedirectUri.GetLeftPart(UriPartial.Authority) + "/" } };
        listener.Start();
        HttpTraceHandler.Step(
            1,
            "Authorization request: your browser is sent to the authorization server",
            $"GET {HttpTraceHandler.Address(authorizationUri)}"
        );
        OpenBrowser(authorizationUri);
        HttpTraceHandler.Step(2, "Login and consent: yours, in the browser", $"If it did not open, go to\n{authorizationUri.AbsoluteUri}");
        using var timeout = new CancellationTokenSource(BrowserTimeout);
        while (true)
        {
            var context = await listener.GetContextAsync().WaitAsync(timeout.Token);
            var status = StatusOf(context.Request, pending);
            await AnswerAsync(context.Response, status);
            if (status == HttpStatusCode.OK)
            {
                HttpTraceHandler.Step(3, "Callback: the browser comes back", $"GET {HttpTraceHandler.Address(context.Request.Url!)}");
                return context.Request.Url!;
            }
        }
    }

    public async Task WaitForTokenExpiryAsync(IOAuthClient client, Grant grant)
    {
        if (!grant.CanRefresh)
        {
            HttpTraceHandler.Say("The server issued no refresh token, so there is no refresh to show. Try --scope with offline_access.");
            return;
        }
        HttpTraceHandler.Say("The access token lives too long to wait for its end. The sample replaces it as if the API had rejected it …");
        await client.GetAccessTokenAsync(GrantOwner.User("me"), new AccessTokenParameters { RejectedToken = grant.AccessToken });
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Browsers also request an icon, and every program and page on this machine can send a request: only the callback with the state
    // of this authorization ends the wait.
    private HttpStatusCode StatusOf(HttpListenerRequest request, PendingAuthorization pending)
    {
        // A page whose host name resolves to this machine (DNS rebinding) sends that name.
        if (!string.Equals(request.UserHostName, RedirectUri.Authority, StringComparison.OrdinalIgnoreCase))
            return HttpStatusCode.BadRequest;
        if (request.HttpMethod != "GET" || request.Url is not { } url || url.AbsolutePath != RedirectUri.AbsolutePath)
            return HttpStatusCode.NotFound;
        try
        {
            return pending.Matches(AuthorizationResponse.Parse(url)) ? HttpStatusCode.OK : HttpStatusCode.BadRequest;
        }
        catch (OAuthProtocolException)
        {
            return HttpStatusCode.BadRequest;
        }
    }

    // The address comes from a server's metadata: nothing but a web address may reach the shell.
    private static void OpenBrowser(Uri address)
    {
        if (address.Scheme != Uri.UriSchemeHttps && !(address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            throw new InvalidOperationException("The authorization endpoint is no https address; the browser was not started.");
        try
        {
            Process.Start(new ProcessStartInfo(address.AbsoluteUri) { UseShellExecute = true })?.Dispose();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            HttpTraceHandler.Say("No browser could be started here.");
        }
    }

    private static async Task AnswerAsync(HttpListenerResponse response, HttpStatusCode status)
    {
        string text = status switch
        {
            HttpStatusCode.OK => "You can close this window and go back to the terminal.",
            HttpStatusCode.NotFound => "There is nothing at this address.",
            _ => "This is not the callback of the authorization that was begun in the terminal.",
        };
        try
        {
            response.StatusCode = (int)status;
            response.ContentType = "text/plain; charset=utf-8";
            response.Headers["Cache-Control"] = "no-store";
            await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
            response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or IOException or InvalidOperationException)
        {
            // The browser disconnected, or the response has no body. Neither ends the wait.
            response.Abort();
        }
    }
}
