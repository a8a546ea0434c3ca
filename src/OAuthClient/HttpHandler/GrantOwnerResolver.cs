namespace OAuthClient;

/// <summary>Whose token a request carries: as was registered, and as is written on the request. A user's request never carries the client's own.</summary>
internal sealed class GrantOwnerResolver(
    string clientName,
    GrantOwner? fixedOwner,
    ICurrentGrantOwner? currentOwner,
    bool requiresExplicitOwner
)
{
    private static readonly HttpRequestOptionsKey<GrantOwner> Key = new("OAuthClient.GrantOwner");

    // To look at a request's options is to allocate them; an application that writes no owner on any does not pay for it.
    private static volatile bool isEverStated;

    public static void SetOwner(HttpRequestMessage request, GrantOwner owner)
    {
        request.Options.Set(Key, owner);
        isEverStated = true;
    }

    /// <exception cref="OAuthException">There is none, or another than was registered.</exception>
    public GrantOwner Resolve(HttpRequestMessage request, Uri address)
    {
        if (isEverStated && request.Options.TryGetValue(Key, out var stated))
        {
            return fixedOwner is null || fixedOwner.Equals(stated)
                ? stated
                : throw new OAuthException(
                    $"The request to {address.GetLeftPart(UriPartial.Authority)} names an owner by SetGrantOwner, but its HTTP client always "
                        + $"carries the '{clientName}' access token of {(fixedOwner.IsClient ? "the client itself" : "another")}; it was not sent. "
                        + "Register the HTTP client with ForRequestOwner() or ForCurrentUser()."
                );
        }
        if (fixedOwner is not null)
            return fixedOwner;
        if (currentOwner is null && !requiresExplicitOwner)
        {
            throw new OAuthException(
                $"The request to {address.GetLeftPart(UriPartial.Authority)} does not say whose '{clientName}' access token it is to "
                    + "carry; it was not sent. Call request.SetGrantOwner(owner) before you send it."
            );
        }
        bool isStated = AmbientGrantOwner.TryFind(out var user);
        if (!isStated)
            user = currentOwner?.Find();
        return user is { IsClient: false } ? user : throw NoUser(address, isStated);
    }

    private OAuthException NoUser(Uri address, bool isStated)
    {
        string target = address.GetLeftPart(UriPartial.Authority);
        if (isStated)
        {
            return new OAuthException(
                $"The request to {target} was made within GrantOwner.SuppressCurrentUser() and states no owner, so there is no user whose "
                    + $"'{clientName}' access token it could carry; it was not sent. Put using (owner.AsCurrentUser()) into each job, "
                    + "or call request.SetGrantOwner(owner)."
            );
        }
        if (requiresExplicitOwner)
        {
            return new OAuthException(
                $"The request to {target} does not state whose '{clientName}' access token it is to carry, as "
                    + "ForCurrentUser(requireExplicitOwner: true) requires; it was not sent. Put using (owner.AsCurrentUser()) around the "
                    + "call, or call request.SetGrantOwner(owner)."
            );
        }
        return new OAuthException(
            $"No user is signed in, so there is no user whose '{clientName}' access token the request to {target} could carry; it was not "
                + "sent. Require a signed-in user before calling, or use ForOwner, ForRequestOwner or ForClient; work that outlives its "
                + "request states its owner by owner.AsCurrentUser()."
        );
    }
}
