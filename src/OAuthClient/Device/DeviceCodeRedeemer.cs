using System.Globalization;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Polls the token endpoint until the user has responded, and has the grant stored (RFC 8628 §3.4, §3.5). A poll runs detached, because the
/// server may issue the tokens in response to it: a caller who cancels stops waiting, and the grant is stored nevertheless.
/// </summary>
internal sealed class DeviceCodeRedeemer(
    TokenEndpointClient tokenEndpoint,
    IdTokenValidator idTokens,
    GrantIssuer issuer,
    Func<AccessToken, string?, ClientConfiguration, AuthorizationServerMetadata, Task<GrantAccount?>> findAccount,
    TimeProvider time,
    ILogger logger
)
{
    // §3.5: for all later polls.
    private static readonly TimeSpan SlowDownStep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaximumBackoff = TimeSpan.FromMinutes(1);

    private readonly SingleFlight<PendingDeviceAuthorization, Grant?> polls = new();

    /// <summary>Polls until there is a grant. Concurrent callers share the polls.</summary>
    /// <param name="pending">The device authorization.</param>
    /// <param name="owner">The owner of the grant; <see langword="null"/> for the user whom the ID Token names.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <exception cref="AuthorizationResponseException">The user refused.</exception>
    /// <exception cref="ReauthorizationRequiredException">The device code has expired or was used.</exception>
    public async Task<Grant> RedeemAsync(PendingDeviceAuthorization pending, GrantOwner? owner, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (DelayOf(pending) is var delay && delay > TimeSpan.Zero)
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            var poll = polls.JoinOrStart(pending, () => PollAsync(pending, owner));
            if (await poll.WaitAsync(cancellationToken).ConfigureAwait(false) is { } grant)
                return grant;
        }
    }

    /// <summary>Waits until all polls that run now have completed or failed.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public Task DrainAsync(CancellationToken cancellationToken) => polls.DrainAsync(cancellationToken);

    // In whole milliseconds, because a timer drops the rest.
    private TimeSpan DelayOf(PendingDeviceAuthorization pending)
    {
        if (pending.Tokens is not null || pending.Failure is not null)
            return TimeSpan.Zero;
        var left = pending.ExpiresAt - time.GetUtcNow();
        var pause = pending.Pause.Remaining;
        return TimeSpan.FromMilliseconds(Math.Ceiling((pause < left ? pause : left).TotalMilliseconds));
    }

    // Another caller may have polled since this one waited.
    private async Task<Grant?> PollAsync(PendingDeviceAuthorization pending, GrantOwner? owner)
    {
        if (pending.Grant is { } known)
            return known;
        if (pending.Failure is { } failure)
            ExceptionDispatchInfo.Throw(failure);
        try
        {
            // Tokens that could not be stored are stored by the next caller: the code cannot be redeemed again.
            pending.Tokens ??= await RequestTokensAsync(pending).ConfigureAwait(false);
            return pending.Tokens is { } tokens ? pending.Grant = await IssueAsync(pending, tokens, owner).ConfigureAwait(false) : null;
        }
        catch (OAuthException exception)
        {
            pending.Failure = exception;
            throw;
        }
    }

    private async Task<TokenResponse?> RequestTokensAsync(PendingDeviceAuthorization pending)
    {
        if (time.GetUtcNow() >= pending.ExpiresAt)
            throw Expired(pending, refusal: null);
        if (pending.Pause.Remaining > TimeSpan.Zero)
            return null;
        var request = new DeviceCodeRequest(pending) { ProofKey = pending.DPoPKey, HasChosenKey = true };
        long logoutSequence = issuer.LogoutSequence;
        TimeSpan delay;
        try
        {
            var response = await tokenEndpoint
                .SendAsync(request, pending.Configuration, pending.Server, tracker: null, CancellationToken.None)
                .ConfigureAwait(false);
            response.LogoutSequence = logoutSequence;
            return response.EnsureUsable();
        }
        catch (TokenEndpointException refusal)
        {
            delay = DelayAfter(refusal, pending);
        }
        catch (Exception fault) when (TransientErrors.IsTransient(fault) || fault is RequestNotSentException)
        {
            delay = Backoff(pending, fault.GetType().Name);
        }
        pending.Pause.Extend(delay);
        return null;
    }

    private TimeSpan DelayAfter(TokenEndpointException refusal, PendingDeviceAuthorization pending)
    {
        TimeSpan delay;
        switch (refusal.Error)
        {
            case ErrorCodes.AuthorizationPending:
                pending.Backoff = null;
                delay = pending.Interval;
                break;
            case ErrorCodes.SlowDown:
                pending.Backoff = null;
                delay = pending.Interval += SlowDownStep;
                Log.DevicePollSlowedDown(logger, pending.Configuration.Name, delay.TotalSeconds);
                break;
            case ErrorCodes.AccessDenied:
                throw new AuthorizationResponseException(refusal);
            case ErrorCodes.ExpiredToken:
                throw Expired(pending, refusal);
            case ErrorCodes.InvalidGrant:
                throw new ReauthorizationRequiredException(
                    pending.Configuration.Name,
                    $"The server rejected the device code of {pending.Configuration.DisplayName} (invalid_grant): it has expired, or was "
                        + "used, for example by a poll whose response was lost. Begin a new device authorization.",
                    refusal
                );
            default:
                if (!TransientErrors.IsTransient(refusal.StatusCode))
                    ExceptionDispatchInfo.Throw(refusal);
                delay = Backoff(pending, refusal.StatusCode.ToString());
                break;
        }
        return refusal.RetryAfter is { } requested && requested > delay ? requested : delay;
    }

    // §3.5: the frequency of the polls is reduced before the next one.
    private TimeSpan Backoff(PendingDeviceAuthorization pending, string fault)
    {
        var first = pending.Interval * 2;
        pending.Backoff ??= new(first, first > MaximumBackoff ? first : MaximumBackoff);
        var delay = pending.Backoff.Next();
        Log.DevicePollFailed(logger, pending.Configuration.Name, fault, delay.TotalSeconds);
        return delay;
    }

    private async Task<Grant> IssueAsync(PendingDeviceAuthorization pending, TokenResponse response, GrantOwner? owner)
    {
        var (current, server) = (pending.Configuration, pending.Server);
        // No browser brought a code, so none can be injected.
        IdTokenRequirements requirements = new() { IsRequested = pending.RequestsIdToken, UsesPkce = true };
        var identity = await idTokens.ValidateAsync(response, requirements, current, server, CancellationToken.None).ConfigureAwait(false);
        var account = current.FetchAccount
            ? await findAccount(response.AccessToken, identity?.Subject, current, server).ConfigureAwait(false)
            : null;
        return await issuer
            .IssueAsync(
                new(response, identity, current, server)
                {
                    Owner = owner,
                    Resources = pending.Resources,
                    RequestedScopes = pending.Scopes,
                    Account = account,
                    RequestedIdToken = pending.RequestsIdToken,
                    LogoutSequence = response.LogoutSequence,
                }
            )
            .ConfigureAwait(false);
    }

    private static ReauthorizationRequiredException Expired(PendingDeviceAuthorization pending, TokenEndpointException? refusal) =>
        new(
            pending.Configuration.Name,
            $"The user did not approve the device authorization of {pending.Configuration.DisplayName} before its code expired at "
                + $"{pending.ExpiresAt.ToString("u", CultureInfo.InvariantCulture)} (RFC 8628 §3.5). Begin a new device authorization.",
            refusal
        );
}
