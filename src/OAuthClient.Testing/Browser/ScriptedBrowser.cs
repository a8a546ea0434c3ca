using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace OAuthClient.Testing;

/// <summary>Simulates a browser and its user. It requests only pages of this server and stops at a redirect to another one.</summary>
internal sealed class ScriptedBrowser(HttpMessageInvoker http, ServerState server, SignInOptions options)
{
    private const int MaximumSteps = 20;

    private readonly CookieContainer _cookies = options.Cookies ?? new();
    private readonly Uri _issuer = new(server.Issuer);
    private bool _consentPageShown;
    private string? _userCode;

    /// <summary>Creates a handler that trusts the server's own certificate in addition to the trusted roots.</summary>
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
            await NavigateAsync(authorizationUri, cancellationToken)
            ?? throw new InvalidOperationException("The authorization server did not redirect the browser to the client.");
        return options.Deny && !_consentPageShown
            ? throw new InvalidOperationException(
                "The consent page to deny was not shown: the client requires no consent, or it was already granted in this browser session."
            )
            : callback;
    }

    /// <summary>Enters a code at the verification page, signs in and decides.</summary>
    public async Task ApproveDeviceAsync(Uri verificationUri, string? userCode, CancellationToken cancellationToken)
    {
        _userCode = userCode;
        Uri? elsewhere = await NavigateAsync(verificationUri, cancellationToken);
        if (elsewhere is not null)
            throw new InvalidOperationException(
                $"The authorization server redirected the browser to {elsewhere.GetLeftPart(UriPartial.Path)}."
            );
    }

    public Task<Uri?> SignOutAsync(Uri endSessionUri, CancellationToken cancellationToken) =>
        NavigateAsync(endSessionUri, cancellationToken);

    /// <returns>The target of the redirect; null if the browser stays on a page of this server.</returns>
    private async Task<Uri?> NavigateAsync(Uri start, CancellationToken cancellationToken)
    {
        if (!IsServerAddress(start))
            throw new ArgumentException(
                $"{start.GetLeftPart(UriPartial.Path)} is not an address of this server, {server.Issuer}.",
                nameof(start)
            );
        using HttpRequestMessage first = new(HttpMethod.Get, start);
        HttpResponseMessage response = await SendAsync(first, cancellationToken);
        for (int step = 0; step < MaximumSteps; step++)
        {
            using HttpResponseMessage current = response;
            Uri address = current.RequestMessage!.RequestUri!;
            if (current.Headers.Location is { } location && (int)current.StatusCode is >= 300 and < 400)
            {
                Uri next = new(address, location);
                if (!IsServerAddress(next))
                    return next;
                using HttpRequestMessage follow = new(HttpMethod.Get, next);
                response = await SendAsync(follow, cancellationToken);
                continue;
            }

            string html = await current.Content.ReadAsStringAsync(cancellationToken);
            HtmlForm form = HtmlForm.Read(html, address);
            if (form.Page is "form_post")
                return new Uri(AuthorizationResponseWriter.AddQuery(form.Action.OriginalString, form.Fields));
            if (form.Page is "device_approved" or "device_denied")
                return null;
            if (form.Page is "signed_out" or "still_signed_in")
            {
                await LoadAsync(form.Frames, cancellationToken);
                return form.Next;
            }

            FillForm(form, (int)current.StatusCode, html);
            using HttpRequestMessage submit = new(HttpMethod.Post, form.Action) { Content = new FormUrlEncodedContent(form.Fields) };
            response = await SendAsync(submit, cancellationToken);
        }

        response.Dispose();
        throw new InvalidOperationException("The authorization server redirected the browser too often.");
    }

    private bool IsServerAddress(Uri uri) =>
        uri.IsAbsoluteUri && uri.Scheme == _issuer.Scheme && uri.Host == _issuer.Host && uri.Port == _issuer.Port;

    private async Task LoadAsync(IEnumerable<Uri> frames, CancellationToken cancellationToken)
    {
        foreach (Uri frame in frames)
        {
            using HttpRequestMessage load = new(HttpMethod.Get, frame);
            using HttpResponseMessage loaded = await SendAsync(load, cancellationToken);
        }
    }

    private void FillForm(HtmlForm form, int status, string html)
    {
        switch (form.Page)
        {
            case "login" when form.Problem is null:
                form.Set("username", options.UserName);
                form.Set(
                    "password",
                    options.Password ?? (server.Users.TryGetValue(options.UserName, out TestUser? user) ? user.EffectivePassword : "")
                );
                form.Set("decision", "allow");
                break;
            case "consent":
                _consentPageShown = true;
                form.Set("decision", options.Deny ? "deny" : "allow");
                if (options.ApprovedScopes is { } approved)
                    form.Fields.RemoveAll(field => field.Key is "scope" && !approved.Contains(field.Value));
                break;
            case "device" when form.Problem is null:
                if (_userCode is not null)
                    form.Set("user_code", _userCode);
                break;
            case "sign_out":
                form.Set("decision", options.Deny ? "deny" : "allow");
                break;
            default:
                throw new InvalidOperationException(
                    $"The authorization server responded with {status} and did not redirect the browser: {form.Problem ?? html}"
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
