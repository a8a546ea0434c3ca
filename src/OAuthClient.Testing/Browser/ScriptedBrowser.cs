using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace OAuthClient.Testing;

/// <summary>A browser with a user in front of it. It goes to this one server's pages and stops where it is sent elsewhere.</summary>
internal sealed class ScriptedBrowser(HttpMessageInvoker http, ServerState server, SignInOptions how)
{
    private const int MostSteps = 20;

    private readonly CookieContainer _cookies = how.Cookies ?? new();
    private readonly Uri _home = new(server.Issuer);
    private bool _askedForConsent;

    /// <summary>It knows the server's own certificate, and the usual ones.</summary>
    public static SocketsHttpHandler Handler(CertificateAuthority? certificates) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                    errors is SslPolicyErrors.None
                    || (
                        certificate is X509Certificate2 sent
                        && sent.RawDataMemory.Span.SequenceEqual(certificates?.PublicCertificate.RawData)
                    ),
            },
        };

    public async Task<Uri> SignInAsync(Uri authorizationUri, CancellationToken cancellationToken)
    {
        Uri callback =
            await GoAsync(authorizationUri, cancellationToken)
            ?? throw new InvalidOperationException("The authorization server kept the browser.");
        return how.Deny && !_askedForConsent
            ? throw new InvalidOperationException(
                "The user was to deny, but was never asked: the client needs no consent, or has it already in this browser."
            )
            : callback;
    }

    public Task<Uri?> SignOutAsync(Uri endSessionUri, CancellationToken cancellationToken) => GoAsync(endSessionUri, cancellationToken);

    /// <returns>Where the browser was sent; null when it stays on a page of this server.</returns>
    private async Task<Uri?> GoAsync(Uri start, CancellationToken cancellationToken)
    {
        if (!IsHome(start))
            throw new ArgumentException(
                $"{start.GetLeftPart(UriPartial.Path)} is not an address of this server, {server.Issuer}.",
                nameof(start)
            );
        using HttpRequestMessage first = new(HttpMethod.Get, start);
        HttpResponseMessage response = await SendAsync(first, cancellationToken);
        for (int step = 0; step < MostSteps; step++)
        {
            using HttpResponseMessage current = response;
            Uri address = current.RequestMessage!.RequestUri!;
            if (current.Headers.Location is { } location && (int)current.StatusCode is >= 300 and < 400)
            {
                Uri next = new(address, location);
                if (!IsHome(next))
                    return next;
                using HttpRequestMessage follow = new(HttpMethod.Get, next);
                response = await SendAsync(follow, cancellationToken);
                continue;
            }

            string html = await current.Content.ReadAsStringAsync(cancellationToken);
            HtmlForm form = HtmlForm.Read(html, address);
            if (form.Page is "form_post")
                return new Uri(AuthorizationResponseWriter.AddQuery(form.Action.OriginalString, form.Fields));
            if (form.Page is "signed_out" or "still_signed_in")
            {
                await LoadAsync(form.Frames, cancellationToken);
                return form.Next;
            }

            FillIn(form, (int)current.StatusCode, html);
            using HttpRequestMessage submit = new(HttpMethod.Post, form.Action) { Content = new FormUrlEncodedContent(form.Fields) };
            response = await SendAsync(submit, cancellationToken);
        }

        response.Dispose();
        throw new InvalidOperationException("The authorization server sent the browser in circles.");
    }

    private bool IsHome(Uri uri) => uri.IsAbsoluteUri && uri.Scheme == _home.Scheme && uri.Host == _home.Host && uri.Port == _home.Port;

    private async Task LoadAsync(IEnumerable<Uri> frames, CancellationToken cancellationToken)
    {
        foreach (Uri frame in frames)
        {
            using HttpRequestMessage load = new(HttpMethod.Get, frame);
            using HttpResponseMessage loaded = await SendAsync(load, cancellationToken);
        }
    }

    private void FillIn(HtmlForm form, int status, string html)
    {
        switch (form.Page)
        {
            case "login" when form.Problem is null:
                form.Set("username", how.UserName);
                form.Set(
                    "password",
                    how.Password ?? (server.Users.TryGetValue(how.UserName, out TestUser? user) ? user.EffectivePassword : "")
                );
                form.Set("decision", "allow");
                break;
            case "consent":
                _askedForConsent = true;
                form.Set("decision", how.Deny ? "deny" : "allow");
                if (how.ApprovedScopes is { } approved)
                    form.Fields.RemoveAll(field => field.Key is "scope" && !approved.Contains(field.Value));
                break;
            case "sign_out":
                form.Set("decision", how.Deny ? "deny" : "allow");
                break;
            default:
                throw new InvalidOperationException(
                    $"The authorization server refused ({status}) and sent the browser nowhere: {form.Problem ?? html}"
                );
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (_cookies.GetCookieHeader(request.RequestUri!) is { Length: > 0 } cookies)
            request.Headers.Add("Cookie", cookies);
        HttpResponseMessage response = await http.SendAsync(request, cancellationToken);
        response.RequestMessage ??= request;
        if (response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? setCookies))
        {
            foreach (string setCookie in setCookies)
                _cookies.SetCookies(request.RequestUri!, setCookie);
        }

        return response;
    }
}
