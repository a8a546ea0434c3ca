using System.Net;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Adds an access token to each request, for the allowed addresses only. It has no state of a user, because handlers are pooled and shared
/// by all users.
/// </summary>
internal sealed class AccessTokenHandler(
    AccessTokenSource source,
    IApiAddressPolicy addresses,
    DPoPProofs proofs,
    ApiResponseClassifier classifier,
    AccessTokenHandlerOptions options,
    ILogger logger
) : DelegatingHandler
{
    private readonly bool hasGrantAddress = options.GrantAddress is not null;

    public AccessTokenHandlerOptions Options => options;

    public IApiAddressPolicy Addresses => addresses;

    public AccessTokenSource Source => source;

    public DPoPProofs Proofs => proofs;

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
            bool isBare = request.Headers.NonValidated.Count == 0;
            address = addresses.EnsureAllowed(request, isBare);
            string? header = null;
            var selection = source.Selection;
            if (FindResolved(request) is { } resolved)
                (owner, token) = (resolved.Owner, resolved.Token);
            else
            {
                owner = source.ResolveOwner(request, address);
                // The path of nearly every request: the token is cached, and no task other than the request is awaited.
                selection = RequestGrant.Select(request, selection);
                token = source.TryGetCached(owner, selection, out header);
            }
            if (token is null)
            {
                var getting = source.GetAsync(owner, selection, rejection: null, cancellationToken);
                if (!getting.IsCompletedSuccessfully)
                    return SendAsync(getting, request, address, owner, cancellationToken);
                token = getting.Result;
            }
            Attach(token, header, request, isBare);
            sending = base.SendAsync(request, cancellationToken);
        }
        catch (Exception exception)
        {
            return FailAsync(exception);
        }
        return
            sending.IsCompletedSuccessfully
            && options.StepUp is null
            && classifier.Classify(sending.Result, token) == ApiResponseAction.Return
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
        Attach(token, token.BearerHeader, request, isBare: false);
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
        var action = classifier.Classify(response, token);
        if (options.StepUp is { } stepUp && action == ApiResponseAction.Return)
            EnsureMet(stepUp, response, request, address, owner, token);
        // After a redirect, a replay would send the token to another address.
        return action != ApiResponseAction.Return && IsAnsweredBy(address, request)
            ? await ReplaceAsync(response, action, request, address, owner, token, cancellationToken).ConfigureAwait(false)
            : response;
    }

    private async Task<HttpResponseMessage> ReplaceAsync(
        HttpResponseMessage response,
        ApiResponseAction action,
        HttpRequestMessage request,
        Uri address,
        GrantOwner owner,
        AccessToken token,
        CancellationToken cancellationToken
    )
    {
        AccessToken replacement;
        bool isReplayable = ReplayableContent.IsReplayable(request.Content);
        AccessTokenRejection rejection = new(token, IsUnexplained: action == ApiResponseAction.ReplaceTokenWithinLimits);
        try
        {
            // Only the token of the same grant may go to an address that the grant states.
            var selection = FindResolved(request) is { } resolved
                ? source.Selection.Of(resolved.GrantId)
                : RequestGrant.Select(request, source.Selection);
            replacement = await source.GetAsync(owner, selection, rejection, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is ReauthorizationRequiredException { IsForRejectedToken: true }
                    ? !classifier.AsksForAuthorization(response, token)
                    : !isReplayable && exception is not ReauthorizationRequiredException
            )
        {
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
        // Some servers return the same token until it expires. The API would reject it again. The content of a stream, and of a gRPC call,
        // cannot be sent again; the next request carries the new token.
        if (replacement.Equals(token) || !isReplayable)
            return response;
        response.Dispose();
        Attach(replacement, replacement.BearerHeader, request, isBare: false);
        response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        replacement.SetAccepted(response.StatusCode != HttpStatusCode.Unauthorized);
        if (options.StepUp is { } stepUp)
            EnsureMet(stepUp, response, request, address, owner, replacement);
        return response;
    }

    // After a redirect the address differs. A handler that resolves host names may have restored it; the redirect then removed the header.
    private static bool IsAnsweredBy(Uri address, HttpRequestMessage request) =>
        request.RequestUri == address && request.Headers.NonValidated.Contains("Authorization");

    // Throws if the response is a challenge that only the owner can meet. The response of another address, to which the API redirected,
    // says nothing about the API: an open redirect would let anyone choose what the owner authorizes.
    private void EnsureMet(
        StepUpChallenges stepUp,
        HttpResponseMessage response,
        HttpRequestMessage request,
        Uri address,
        GrantOwner owner,
        AccessToken token
    )
    {
        if (!IsAnsweredBy(address, request))
            return;
        if (response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
            stepUp.Clear(owner, address);
        else if (stepUp.Find(response) is { } challenge)
        {
            if (stepUp.Create(challenge, source.ClientName, owner, address, token, classifier.Now) is { } exception)
            {
                response.Dispose();
                throw exception;
            }
            Log.ChallengeNotMet(
                logger,
                ServerTextSanitizer.WithoutQuery(address),
                challenge.Error,
                ClientDisplayName.Of(source.ClientName)
            );
        }
    }

    // Returns the exception in the task, as for any other failed request; a cancellation completes the task as canceled.
    private static async Task<HttpResponseMessage> FailAsync(Exception exception) =>
        await Task.FromException<HttpResponseMessage>(exception).ConfigureAwait(false);

    // No other request is sent from here, so a response is returned as it is.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var address = addresses.EnsureAllowed(request, isBare: false);
        var owner = source.ResolveOwner(request, address);
        var selection = RequestGrant.Select(request, source.Selection);
        var token =
            source.TryGetCached(owner, selection, out _) ?? FindCompleted(source.GetAsync(owner, selection, null, cancellationToken));
        Attach(token, token.BearerHeader, request, isBare: false);
        return base.Send(request, cancellationToken);
    }

#pragma warning disable VSTHRD103 // The task has completed.
    private static AccessToken FindCompleted(ValueTask<AccessToken> getting)
    {
        if (getting.IsCompleted)
            return getting.GetAwaiter().GetResult();
        // The token is there for the next request.
        _ = getting
            .AsTask()
            .ContinueWith(
                static task => task.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        throw new NotSupportedException(
            "A synchronous request can be sent only while a valid access token is in memory; the token is being requested now. Use "
                + "SendAsync, or another asynchronous method of HttpClient, for the first request and when a token has expired."
        );
    }
#pragma warning restore VSTHRD103

    private ResolvedGrantAddress? FindResolved(HttpRequestMessage request) => hasGrantAddress ? ResolvedGrantAddress.Find(request) : null;

    // A bearer token is not read beside its header, because that would access another place of memory.
    private void Attach(AccessToken token, string? bearerHeader, HttpRequestMessage request, bool isBare)
    {
        TokenScheme.Attach(request, isBare, bearerHeader ?? token.AuthorizationHeader);
        DPoPProofHandler.SetToken(request, bearerHeader is null && token.Key is not null ? token : null, proofs);
    }
}
