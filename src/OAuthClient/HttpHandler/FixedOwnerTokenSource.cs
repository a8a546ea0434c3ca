namespace OAuthClient;

/// <summary>The tokens of one owner: a user, a service, or the client itself.</summary>
internal sealed class FixedOwnerTokenSource(AccessTokenSource.Context context, GrantOwner owner) : AccessTokenSource(context)
{
    public override GrantOwner ResolveOwner(HttpRequestMessage request, Uri address) =>
        RequestGrantOwner.Find(request) is not { } stated || stated.Equals(owner)
            ? owner
            : throw new OAuthException(
                $"The request to {address.GetLeftPart(UriPartial.Authority)} has an owner from SetGrantOwner, but its HTTP client "
                    + $"uses the access token of {ClientDisplayName.Of(ClientName)} for "
                    + $"{(owner.IsClient ? "the client itself" : "another owner")}; it was not sent. Register "
                    + "the HTTP client with ForRequestOwner() or ForCurrentUser()."
            );
}
