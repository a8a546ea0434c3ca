namespace OAuthClient;

/// <summary>The server's metadata as it is known now: cached for an hour, fetched once at a time, an old copy kept through an outage.</summary>
internal sealed class ServerDiscovery(BackChannel backChannel, TimeProvider time)
{
    private static readonly TimeSpan MaximumAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(30);

    private readonly SingleFlight<string, AuthorizationServerMetadata> fetches = new(StringComparer.Ordinal);
    private Copy? newest;

    /// <summary>The discovered endpoints, with those that are spelled out in their place.</summary>
    /// <param name="current">The registration that the caller's dance began with: a reloaded one may name another server, which must not get what was meant for this.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<AuthorizationServerMetadata> FindAsync(ClientRegistration current, CancellationToken cancellationToken)
    {
        if (!current.UsesDiscovery)
            return new(current.SpelledOut);
        return Good(Volatile.Read(ref newest), current) is { } known ? new(known) : new(FetchOnceAsync(current, cancellationToken));
    }

    private Task<AuthorizationServerMetadata> FetchOnceAsync(ClientRegistration current, CancellationToken cancellationToken) =>
        fetches.JoinOrStart(current.Issuer!.OriginalString, () => FetchAsync(current)).WaitAsync(cancellationToken);

    private AuthorizationServerMetadata? Good(Copy? copy, ClientRegistration current) =>
        copy is not null && ReferenceEquals(copy.Registration.SpelledOut, current.SpelledOut) && time.GetUtcNow() < copy.GoodUntil ? copy.Metadata : null;

    private async Task<AuthorizationServerMetadata> FetchAsync(ClientRegistration current)
    {
        var old = Volatile.Read(ref newest);
        // Between the caller's look and this one another fetch may have ended.
        if (Good(old, current) is { } fetched)
            return fetched;
        bool hasOld = old is not null && old.Registration.Issuer == current.Issuer;
        try
        {
            var found = await MetadataDocument.FetchAsync(current, backChannel, CancellationToken.None).ConfigureAwait(false);
            return Keep(current, Merge(found, current.SpelledOut), MaximumAge);
        }
        catch (Exception exception) when (hasOld && exception is HttpRequestException or OperationCanceledException or OAuthException and not ProtocolViolationException)
        {
            // The server is out for a moment; what it said an hour ago still holds, and it is asked again soon.
            return Keep(current, Merge(old!.Metadata, current.SpelledOut), RetryPause);
        }
    }

    private AuthorizationServerMetadata Keep(ClientRegistration current, AuthorizationServerMetadata metadata, TimeSpan age)
    {
        Volatile.Write(ref newest, new Copy(current, metadata, time.GetUtcNow() + age));
        return metadata;
    }

    private static AuthorizationServerMetadata Merge(AuthorizationServerMetadata found, AuthorizationServerMetadata spelledOut) => found with
    {
        AuthorizationEndpoint = spelledOut.AuthorizationEndpoint ?? found.AuthorizationEndpoint,
        RevocationEndpoint = spelledOut.RevocationEndpoint ?? found.RevocationEndpoint,
        RegistrationEndpoint = spelledOut.RegistrationEndpoint ?? found.RegistrationEndpoint,
        IntrospectionEndpoint = spelledOut.IntrospectionEndpoint ?? found.IntrospectionEndpoint,
        UserInfoEndpoint = spelledOut.UserInfoEndpoint ?? found.UserInfoEndpoint,
        JwksUri = spelledOut.JwksUri ?? found.JwksUri,
        EndSessionEndpoint = spelledOut.EndSessionEndpoint ?? found.EndSessionEndpoint,
    };

    private sealed record Copy(ClientRegistration Registration, AuthorizationServerMetadata Metadata, DateTimeOffset GoodUntil);
}
