using System.Net;
using System.Net.Http.Headers;

namespace OAuthClient;

/// <summary>
/// Puts an access token on each request (RFC 6750 §2.1), to the stated origins only. It holds nobody's state: handlers are
/// pooled and shared by all users.
/// </summary>
internal sealed class AccessTokenHandler(
    AccessTokenProvider tokens,
    GrantOwnerResolver owners,
    AllowedAddresses addresses,
    AccessTokenKey selection,
    AccessTokenHandlerOptions options
) : DelegatingHandler
{
    private const string Header = "Authorization";

    public AccessTokenHandlerOptions Options => options;

    public AllowedAddresses Addresses => addresses;

#pragma warning disable VSTHRD103 // Of tasks that have completed.
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Uri address;
        GrantOwner owner;
        AccessToken? token;
        Task<HttpResponseMessage> sending;
        try
        {
            var headers = request.Headers;
            bool isBare = headers.NonValidated.Count == 0;
            address = addresses.EnsureAllowed(request, isBare);
            owner = owners.Resolve(request, address);
            // The way of nearly every request: a token in hand, and nothing to wait for but the answer.
            token = tokens.TryGetCached(owner, selection, out string? header);
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
        ValueTask<AccessToken> getting,
        HttpRequestMessage request,
        Uri address,
        GrantOwner owner,
        CancellationToken cancellationToken
    )
    {
        var token = await getting.ConfigureAwait(false);
        Attach(request.Headers, isBare: false, token.AuthorizationHeader);
        return await AnswerAsync(base.SendAsync(request, cancellationToken), request, address, owner, token, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> AnswerAsync(
        Task<HttpResponseMessage> sending,
        HttpRequestMessage request,
        Uri address,
        GrantOwner owner,
        AccessToken token,
        CancellationToken cancellationToken
    )
    {
        var response = await sending.ConfigureAwait(false);
        // After a redirect the address is another one: a replay would take the token there. A handler that resolves addresses may have
        // restored the address, but the redirect removed the header.
        return
            response.StatusCode == HttpStatusCode.Unauthorized
            && request.RequestUri == address
            && request.Headers.NonValidated.Contains(Header)
            && BearerChallenge.IndicatesInvalidToken(response)
            && ReplayableContent.IsReplayable(request.Content)
            && tokens.ShouldReplaceRejected(token)
            ? await ReplayAsync(response, request, owner, token, cancellationToken).ConfigureAwait(false)
            : response;
    }

    private async Task<HttpResponseMessage> ReplayAsync(
        HttpResponseMessage response,
        HttpRequestMessage request,
        GrantOwner owner,
        AccessToken token,
        CancellationToken cancellationToken
    )
    {
        AccessToken another;
        try
        {
            another = await tokens.GetAsync(owner, selection, rejected: token, cancellationToken).ConfigureAwait(false);
        }
        catch (ReauthorizationRequiredException exception) when (exception.IsForRejectedToken && tokens.IsYoung(token))
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
}
