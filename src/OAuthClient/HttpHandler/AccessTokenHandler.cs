using System.Net;
using System.Net.Http.Headers;

namespace OAuthClient;

/// <summary>
/// Adds an access token to each request (RFC 6750 §2.1), for the allowed origins only. It has no state of a user, because handlers are
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

#pragma warning disable VSTHRD103 // The tasks have completed.
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
            // The path of nearly every request: the token is cached, and no task other than the request is awaited.
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
            : ReceiveAsync(sending, request, address, owner, token, cancellationToken);
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
        return await ReceiveAsync(base.SendAsync(request, cancellationToken), request, address, owner, token, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> ReceiveAsync(
        Task<HttpResponseMessage> sending,
        HttpRequestMessage request,
        Uri address,
        GrantOwner owner,
        AccessToken token,
        CancellationToken cancellationToken
    )
    {
        var response = await sending.ConfigureAwait(false);
        // After a redirect the address differs, and a replay would send the token there. A handler that resolves host names may have
        // restored the address; the redirect then removed the header.
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
        AccessToken replacement;
        try
        {
            replacement = await tokens.GetAsync(owner, selection, rejected: token, cancellationToken).ConfigureAwait(false);
        }
        catch (ReauthorizationRequiredException exception) when (exception.IsForRejectedToken && tokens.WasRecentlyIssued(token))
        {
            // A new sign-in would return a token that the API rejects too, and the user would be redirected again and again.
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
        // Some servers return the same token until it expires. The API would reject it again.
        if (replacement.Equals(token))
            return response;
        response.Dispose();
        Attach(request.Headers, isBare: false, replacement.AuthorizationHeader);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    // Returns the exception in the task, as for any other failed request; a cancellation completes the task as canceled.
    private static async Task<HttpResponseMessage> FailAsync(Exception exception) =>
        await Task.FromException<HttpResponseMessage>(exception).ConfigureAwait(false);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException(
            "Access tokens are requested asynchronously only. Use SendAsync, or another asynchronous method of HttpClient."
        );

    // Added without validation, because a typed value is formatted again at each send. An existing header must therefore be removed first.
    private static void Attach(HttpRequestHeaders headers, bool isBare, string header)
    {
        if (!isBare)
            headers.Remove(Header);
        headers.TryAddWithoutValidation(Header, header);
    }
}
