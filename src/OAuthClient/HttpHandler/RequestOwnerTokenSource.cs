namespace OAuthClient;

/// <summary>The tokens of the owner that each request states.</summary>
internal sealed class RequestOwnerTokenSource(AccessTokenSource.Context context) : AccessTokenSource(context)
{
    public override GrantOwner ResolveOwner(HttpRequestMessage request, Uri address) =>
        RequestGrantOwner.Find(request)
        ?? throw new OAuthException(
            $"The request to {address.GetLeftPart(UriPartial.Authority)} does not state the owner of the access token of "
                + $"{ClientDisplayName.Of(ClientName)}; it was not sent. Call request.SetGrantOwner(owner) before you send it."
        );
}
