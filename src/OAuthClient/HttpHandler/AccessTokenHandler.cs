using System.Net;

namespace OAuthClient;

/// <summary>
/// Puts an access token on each request (RFC 6750 §2.1), to the stated origins only. It holds nobody's state: handlers are
/// pooled and shared by all users.
/// </summary>
internal sealed class AccessTokenHandler(
    string clientName, AccessTokenSource tokens, GrantOwner? fixedOwner, ICurrentGrantOwner? currentOwner, IReadOnlyList<Uri> origins, TokenSelection selection)
    : DelegatingHandler
{
    private const string Header = "Authorization";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var address = RequireStatedOrigin(request);
        var owner = fixedOwner ?? CurrentUser(address);

        var token = await tokens.GetAsync(owner, selection, rejected: null, cancellationToken).ConfigureAwait(false);
        Attach(request, token);
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);

        // After a redirect the address is another one: a replay would take the token there.
        if (response.StatusCode != HttpStatusCode.Unauthorized || request.RequestUri != address
            || !BearerChallenge.InvitesAnotherToken(response) || !RepeatableContent.IsRepeatable(request.Content)
            || !tokens.IsWorthReplacing(token))
        {
            return response;
        }
        AccessToken another;
        try
        {
            another = await tokens.GetAsync(owner, selection, rejected: token, cancellationToken).ConfigureAwait(false);
        }
        catch (ReauthorizationRequiredException exception) when (exception.IsForRefusedToken && tokens.IsYoung(token))
        {
            // Sending the user to log in again would bring a token that is refused again, in a circle.
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
        // Some servers hand out the same token until it ends; sending it again would be refused again.
        if (another.Equals(token))
            return response;
        response.Dispose();
        Attach(request, another);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("An access token may have to be fetched, which is never done synchronously here; use SendAsync.");

    private static void Attach(HttpRequestMessage request, AccessToken token)
    {
        // Added raw, because a typed value is formatted anew at every send; so an older one has to go first.
        request.Headers.Remove(Header);
        request.Headers.TryAddWithoutValidation(Header, token.AuthorizationHeader);
    }

    private GrantOwner CurrentUser(Uri address) =>
        // A user's request never carries the client's own token, whatever somebody's ICurrentGrantOwner says.
        currentOwner?.Find() is { Id: not null } user ? user : throw new OAuthException(
            $"Nobody is signed in, so there is no user whose '{clientName}' access token the request to {address.GetLeftPart(UriPartial.Authority)} could carry; it was not sent. "
            + "Require a signed-in user before calling, or use ForOwner or ForClient.");

    private Uri RequireStatedOrigin(HttpRequestMessage request)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } address)
            throw new InvalidOperationException("The request has no absolute address; set BaseAddress.");
        // The Host header, where it is set, decides whom TLS and a shared server take for the one addressed.
        string? host = request.Headers.Host;
        if (host is not null && !string.Equals(host, address.Authority, StringComparison.OrdinalIgnoreCase))
            throw new OAuthException($"The request to {address.Scheme}://{address.Authority} has a Host header that names somebody else, who would get the '{clientName}' access token; it was not sent.");
        foreach (var origin in origins)
        {
            if (address.UserInfo.Length == 0 && address.Port == origin.Port && address.Scheme == origin.Scheme
                && string.Equals(address.IdnHost, origin.IdnHost, StringComparison.Ordinal))
            {
                return address;
            }
        }
        throw new OAuthException(
            $"The '{clientName}' access token may go to {string.Join(", ", origins.Select(origin => origin.GetLeftPart(UriPartial.Authority)))}, not to "
            + $"{address.Scheme}://{address.Authority}; the request was not sent. Add that origin with To(…) if it is yours, or call it with another HTTP client.");
    }
}
