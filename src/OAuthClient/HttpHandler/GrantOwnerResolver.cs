namespace OAuthClient;

/// <summary>
/// Determines the owner of the access token of a request, from the registration of its HTTP client and from the request. The owner of a
/// request of a user is never the client itself.
/// </summary>
internal sealed class GrantOwnerResolver(
    string clientName,
    GrantOwner? fixedOwner,
    ICurrentGrantOwner? currentOwner,
    bool requiresExplicitOwner
)
{
    private static readonly HttpRequestOptionsKey<GrantOwner> Key = new("OAuthClient.GrantOwner");

    // Reading the options of a request allocates them. An application that never calls SetGrantOwner avoids that.
    private static volatile bool wasEverSet;

    public static void SetOwner(HttpRequestMessage request, GrantOwner owner)
    {
        request.Options.Set(Key, owner);
        wasEverSet = true;
    }

    /// <exception cref="OAuthException">There is no owner, or it is not the one of the registration.</exception>
    public GrantOwner Resolve(HttpRequestMessage request, Uri address)
    {
        if (wasEverSet && request.Options.TryGetValue(Key, out var stated))
        {
            return fixedOwner is null || fixedOwner.Equals(stated)
                ? stated
                : throw new OAuthException(
                    $"The request to {address.GetLeftPart(UriPartial.Authority)} has an owner from SetGrantOwner, but its HTTP client "
                        + $"uses the '{clientName}' access token of {(fixedOwner.IsClient ? "the client itself" : "another owner")}; it "
                        + "was not sent. Register the HTTP client with ForRequestOwner() or ForCurrentUser()."
                );
        }
        if (fixedOwner is not null)
            return fixedOwner;
        if (currentOwner is null && !requiresExplicitOwner)
        {
            throw new OAuthException(
                $"The request to {address.GetLeftPart(UriPartial.Authority)} does not state the owner of the '{clientName}' access token; "
                    + "it was not sent. Call request.SetGrantOwner(owner) before you send it."
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
                $"The request to {target} was made within GrantOwner.SuppressCurrentUser() and states no owner, so there is no "
                    + $"'{clientName}' access token for it; it was not sent. Put using (owner.AsCurrentUser()) into each job, "
                    + "or call request.SetGrantOwner(owner)."
            );
        }
        if (requiresExplicitOwner)
        {
            return new OAuthException(
                $"The request to {target} does not state the owner of the '{clientName}' access token, as "
                    + "ForCurrentUser(requireExplicitOwner: true) requires; it was not sent. Put using (owner.AsCurrentUser()) around the "
                    + "call, or call request.SetGrantOwner(owner)."
            );
        }
        return new OAuthException(
            $"No user is signed in, so there is no '{clientName}' access token for the request to {target}; it was not sent. Require a "
                + "signed-in user before the call, or use ForOwner, ForRequestOwner or ForClient. Work that continues after its request "
                + "has ended states its owner with owner.AsCurrentUser()."
        );
    }
}
