namespace OAuthClient;

/// <summary>
/// The server's metadata as it is known now: fetched once at a time, and again after an hour while callers go on with what they have. Through an
/// outage an old copy serves for a day.
/// </summary>
internal sealed class ServerMetadataCache(BackChannelClient backChannel, TimeProvider time)
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaximumAge = TimeSpan.FromHours(24);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(30);

    // By the configuration and not by the issuer: a corrected configuration is tried at once, whatever failed before.
    private readonly SingleFlight<AuthorizationServerMetadata, AuthorizationServerMetadata> fetches = new(
        ReferenceEqualityComparer.Instance,
        time
    );
    private Copy? newest;

    /// <summary>The discovered endpoints, with those that are spelled out in their place.</summary>
    /// <param name="current">The registration that the caller's dance began with: a reloaded one may name another server, which must not get what was meant for this.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<AuthorizationServerMetadata> FindAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        if (!current.UsesDiscovery)
            return new(current.ConfiguredMetadata);
        var now = time.GetUtcNow();
        if (
            Volatile.Read(ref newest) is not { } known
            || !ReferenceEquals(known.Registration.ConfiguredMetadata, current.ConfiguredMetadata)
            || now >= known.EndsAt
        )
            return new(FetchOnceAsync(current).WaitAsync(cancellationToken));
        if (now >= known.RefreshAt)
            _ = FetchOnceAsync(current);
        return new(known.Metadata);
    }

    /// <summary>Ends when all has come that is under way now.</summary>
    public Task DrainAsync(CancellationToken cancellationToken) => fetches.DrainAsync(cancellationToken);

    private Task<AuthorizationServerMetadata> FetchOnceAsync(ClientConfiguration current) =>
        fetches.JoinOrStart(current.ConfiguredMetadata, () => FetchAsync(current));

    private async Task<AuthorizationServerMetadata> FetchAsync(ClientConfiguration current)
    {
        var old = Volatile.Read(ref newest);
        var now = time.GetUtcNow();
        // Between the caller's look and this one another fetch may have ended.
        if (
            old is not null
            && ReferenceEquals(old.Registration.ConfiguredMetadata, current.ConfiguredMetadata)
            && now < old.RefreshAt
            && now < old.EndsAt
        )
            return old.Metadata;
        bool hasOld = old is not null && old.Registration.Issuer == current.Issuer && now < old.EndsAt;
        try
        {
            var found = await ServerMetadataClient.FetchAsync(current, backChannel, CancellationToken.None).ConfigureAwait(false);
            now = time.GetUtcNow();
            return Keep(new(current, Merge(found, current.ConfiguredMetadata), now + FreshFor, now + MaximumAge));
        }
        catch (Exception exception)
            when (hasOld && exception is HttpRequestException or OperationCanceledException or OAuthException and not OAuthProtocolException
            )
        {
            // The server is out for a moment; what it said before still holds, and it is asked again soon.
            return Keep(new(current, Merge(old!.Metadata, current.ConfiguredMetadata), time.GetUtcNow() + RetryPause, old.EndsAt));
        }
        catch (OAuthProtocolException)
        {
            // A server that now says something else is not out: whoever comes next hears it.
            Interlocked.CompareExchange(ref newest, null, old);
            throw;
        }
    }

    private AuthorizationServerMetadata Keep(Copy copy)
    {
        Volatile.Write(ref newest, copy);
        return copy.Metadata;
    }

    private static AuthorizationServerMetadata Merge(AuthorizationServerMetadata found, AuthorizationServerMetadata spelledOut) =>
        found with
        {
            IssuerTemplate = spelledOut.IssuerTemplate,
            AuthorizationEndpoint = spelledOut.AuthorizationEndpoint ?? found.AuthorizationEndpoint,
            RevocationEndpoint = spelledOut.RevocationEndpoint ?? found.RevocationEndpoint,
            RegistrationEndpoint = spelledOut.RegistrationEndpoint ?? found.RegistrationEndpoint,
            IntrospectionEndpoint = spelledOut.IntrospectionEndpoint ?? found.IntrospectionEndpoint,
            UserInfoEndpoint = spelledOut.UserInfoEndpoint ?? found.UserInfoEndpoint,
            JwksUri = spelledOut.JwksUri ?? found.JwksUri,
            EndSessionEndpoint = spelledOut.EndSessionEndpoint ?? found.EndSessionEndpoint,
        };

    private sealed record Copy(
        ClientConfiguration Registration,
        AuthorizationServerMetadata Metadata,
        DateTimeOffset RefreshAt,
        DateTimeOffset EndsAt
    );
}
