using System.Net;
using System.Net.Http.Headers;

namespace OAuthClient;

/// <summary>
/// Puts an access token on each request (RFC 6750 §2.1), to the stated origins only. It holds nobody's state: handlers are
/// pooled and shared by all users.
/// </summary>
internal sealed class AccessTokenHandler(
    string clientName, AccessTokenSource tokens, RequestOwner owners, StatedOrigin[] origins, TokenSelection selection)
    : DelegatingHandler
{
    private const string Header = "Authorization";

#pragma warning disable VSTHRD103 // Of tasks that have completed.
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Uri? address;
        GrantOwner owner;
        AccessToken? token;
        Task<HttpResponseMessage> sending;
        try
        {
            address = request.RequestUri;
            if (address is not { IsAbsoluteUri: true })
                throw new InvalidOperationException("The request has no absolute address; set BaseAddress.");
            var headers = request.Headers;
            bool isBare = headers.NonValidated.Count == 0;
            RequireStatedOrigin(address, isBare ? null : headers.Host);
            owner = owners.Of(request, address);
            // The way of nearly every request: a token in hand, and nothing to wait for but the answer.
            token = tokens.AtHand(owner, selection, out string? header);
            if (token is null)
            {
                var getting = tokens.GetAsync(owner, selection, rejected: null, cancellationToken);
                if (!getting.IsCompletedSuccessfully)
                    return SendAsync(getting, request, address, owner, cancellationToken);
                token = getting.Result;
            }
            Attach(headers, isBare, header ?? token.AuthorizationHeader);
            sending = base.SendAsync(request, cancellationToken);
        }
        catch (Exception exception)
        {
            return FailAsync(exception);
        }
        return sending.IsCompletedSuccessfully && sending.Result.StatusCode != HttpStatusCode.Unauthorized
            ? sending
            : AnswerAsync(sending, request, address, owner, token, cancellationToken);
    }
#pragma warning restore VSTHRD103

    private async Task<HttpResponseMessage> SendAsync(
        ValueTask<AccessToken> getting, HttpRequestMessage request, Uri address, GrantOwner owner, CancellationToken cancellationToken)
    {
        var token = await getting.ConfigureAwait(false);
        Attach(request.Headers, isBare: false, token.AuthorizationHeader);
        return await AnswerAsync(base.SendAsync(request, cancellationToken), request, address, owner, token, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> AnswerAsync(
        Task<HttpResponseMessage> sending, HttpRequestMessage request, Uri address, GrantOwner owner, AccessToken token, CancellationToken cancellationToken)
    {
        var response = await sending.ConfigureAwait(false);
        // After a redirect the address is another one: a replay would take the token there.
        return response.StatusCode == HttpStatusCode.Unauthorized && request.RequestUri == address
            && BearerChallenge.InvitesAnotherToken(response) && RepeatableContent.IsRepeatable(request.Content)
            && tokens.IsWorthReplacing(token)
                ? await ReplayAsync(response, request, owner, token, cancellationToken).ConfigureAwait(false)
                : response;
    }

    private async Task<HttpResponseMessage> ReplayAsync(
        HttpResponseMessage response, HttpRequestMessage request, GrantOwner owner, AccessToken token, CancellationToken cancellationToken)
    {
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
        Attach(request.Headers, isBare: false, another.AuthorizationHeader);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    // As a task like any other failure of a request, cancellation included.
    private static async Task<HttpResponseMessage> FailAsync(Exception exception) =>
        await Task.FromException<HttpResponseMessage>(exception).ConfigureAwait(false);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("An access token may have to be fetched, which is never done synchronously here; use SendAsync.");

    // Added raw, because a typed value is formatted anew at every send; so an older one has to go first.
    private static void Attach(HttpRequestHeaders headers, bool isBare, string header)
    {
        if (!isBare)
            headers.Remove(Header);
        headers.TryAddWithoutValidation(Header, header);
    }

    private void RequireStatedOrigin(Uri address, string? host)
    {
        // The Host header, where it is set, decides whom TLS and a shared server take for the one addressed.
        if (host is not null && !string.Equals(host, address.Authority, StringComparison.OrdinalIgnoreCase))
            throw new OAuthException($"The request to {address.Scheme}://{address.Authority} has a Host header that names somebody else, who would get the '{clientName}' access token; it was not sent.");
        foreach (var origin in origins)
        {
            if (origin.IsOf(address))
                return;
        }
        throw new OAuthException(
            $"The '{clientName}' access token may go to {string.Join(", ", origins.Select(origin => origin.Text))}, not to "
            + $"{address.Scheme}://{address.Authority}; the request was not sent. Add that origin with To(…) if it is yours, or call it with another HTTP client.");
    }
}
