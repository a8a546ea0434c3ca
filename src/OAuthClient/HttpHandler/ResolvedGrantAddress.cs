namespace OAuthClient;

/// <summary>
/// The address of a request that was taken from a grant, and the token of the same grant. It is kept with the request, so that the grant is
/// read once.
/// </summary>
/// <param name="Owner">The owner of the grant.</param>
/// <param name="GrantId">The id of the grant.</param>
/// <param name="Token">The token of the grant.</param>
/// <param name="Origin">The origin of the API.</param>
internal sealed record ResolvedGrantAddress(GrantOwner Owner, string GrantId, AccessToken Token, AllowedOrigin Origin)
{
    private static readonly HttpRequestOptionsKey<ResolvedGrantAddress?> Key = new("OAuthClient.GrantAddress");

    private Uri? requested;
    private Uri? resolved;

    /// <summary>Finds the address of a request. This allocates the options of the request, if it has none.</summary>
    /// <returns>The address; <see langword="null"/> if the one of the request does not depend on a grant.</returns>
    public static ResolvedGrantAddress? Find(HttpRequestMessage request) => request.Options.TryGetValue(Key, out var found) ? found : null;

    /// <summary>
    /// Undoes <see cref="TryApply"/> where an outer handler sends the request once more: the grant may have been replaced, and its address
    /// with it.
    /// </summary>
    public static void Remove(HttpRequestMessage request)
    {
        if (Find(request) is not { } earlier)
            return;
        if (request.RequestUri == earlier.resolved)
            request.RequestUri = earlier.requested;
        request.Options.Set(Key, null);
    }

    /// <summary>Replaces the placeholder in the address of a request, and keeps this object with the request.</summary>
    /// <returns><see langword="false"/> if the request has another address than the placeholder and that of the grant.</returns>
    public bool TryApply(HttpRequestMessage request)
    {
        requested = request.RequestUri;
        if (requested is not { IsAbsoluteUri: true })
            return true;
        if (GrantAddress.IsPlaceholder(requested))
        {
            var address = Origin.Uri;
            string target = address.GetLeftPart(UriPartial.Path)[address.Scheme.Length..].TrimEnd('/');
            string scheme =
                requested.Scheme != Uri.UriSchemeWss ? address.Scheme
                : address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss
                : Uri.UriSchemeWs;
            request.RequestUri = new(scheme + target + requested.PathAndQuery + requested.Fragment);
        }
        else if (!Origin.IsOf(requested))
            return false;
        resolved = request.RequestUri;
        request.Options.Set(Key, this);
        return true;
    }
}
