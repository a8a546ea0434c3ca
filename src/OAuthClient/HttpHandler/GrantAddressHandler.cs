namespace OAuthClient;

/// <summary>
/// Sends each request to the API of its owner's grant, whose address the server stated with the token. The request then uses the token of
/// the same grant.
/// </summary>
internal sealed class GrantAddressHandler(AccessTokenSource source, GrantAddress addresses, IEnumerable<Uri> origins) : DelegatingHandler
{
    // Addresses that do not depend on the grant.
    private readonly AllowedOrigin[] otherOrigins = [.. origins.Select(origin => new AllowedOrigin(origin))];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await ResolveAsync(request, cancellationToken).ConfigureAwait(false);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException(
            "The address of the API comes from the grant, which is read asynchronously only. Use SendAsync, or another asynchronous method "
                + "of HttpClient."
        );

    private async Task ResolveAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ResolvedGrantAddress.Remove(request);
        if (request.RequestUri is { IsAbsoluteUri: true } requested && Array.Exists(otherOrigins, origin => origin.IsOf(requested)))
            return;
        var owner = source.ResolveOwner(request, request.RequestUri ?? GrantAddress.Placeholder);
        var selection = RequestGrant.Select(request, source.Selection);
        // A refresh may state another address, so it ends before the address is read.
        var (grant, token) = await source.GetWithGrantAsync(owner, selection, cancellationToken).ConfigureAwait(false);
        var origin =
            addresses.Find(grant)
            ?? throw new OAuthException(
                $"The grant of {ClientDisplayName.Of(source.ClientName)} states no address of its API within {addresses.Text}; "
                    + "the request was not sent. Check the delegate of To(…) and the members that the server sends "
                    + "(Grant.TokenResponseMembers)."
            );
        if (!new ResolvedGrantAddress(owner, grant.Id, token, origin).TryApply(request))
            throw new OAuthException(
                $"The request goes to {request.RequestUri!.GetLeftPart(UriPartial.Authority)}, which is not the address that the "
                    + $"grant of {ClientDisplayName.Of(source.ClientName)} states; it was not sent. Use an address relative to "
                    + "AccessTokenHandlerOptions.GrantBaseAddress."
            );
    }
}
