using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient;

/// <summary>
/// The tokens of the current user: of the owner that the request states, or else the scope of <see cref="GrantOwner.AsCurrentUser"/>, or
/// else <see cref="ICurrentGrantOwner"/>. The owner is never the client itself.
/// </summary>
/// <param name="context">What the source is created from.</param>
/// <param name="requiresExplicitOwner">Whether <see cref="ICurrentGrantOwner"/> is not asked.</param>
internal sealed class CurrentUserTokenSource(AccessTokenSource.Context context, bool requiresExplicitOwner) : AccessTokenSource(context)
{
    private readonly ICurrentGrantOwner? currentOwner = requiresExplicitOwner ? null : FindCurrentOwner(context);

    public override GrantOwner ResolveOwner(HttpRequestMessage request, Uri address)
    {
        if (RequestGrantOwner.Find(request) is { } stated)
            return stated;
        bool isAmbient = AmbientGrantOwner.TryFind(out var user);
        if (!isAmbient)
            user = currentOwner?.Find();
        return user is { IsClient: false } ? user : throw CreateNoUser(address, isAmbient);
    }

    private OAuthException CreateNoUser(Uri address, bool isAmbient)
    {
        string target = address.GetLeftPart(UriPartial.Authority);
        return new OAuthException(
            isAmbient
                ? $"The request to {target} was made within GrantOwner.SuppressCurrentUser() and states no owner, so there is no "
                    + $"access token of {ClientDisplayName.Of(ClientName)} for it; it was not sent. Put using "
                    + "(owner.AsCurrentUser()) into each job, or call request.SetGrantOwner(owner)."
            : requiresExplicitOwner
                ? $"The request to {target} does not state the owner of the access token of {ClientDisplayName.Of(ClientName)}, as "
                    + "ForCurrentUser(requireExplicitOwner: true) requires; it was not sent. Put using (owner.AsCurrentUser()) around the "
                    + "call, or call request.SetGrantOwner(owner)."
            : $"No user is signed in, so there is no access token of {ClientDisplayName.Of(ClientName)} for the request to {target}; it "
                + "was not sent. Require a signed-in user before the call, or use ForOwner, ForRequestOwner or ForClient. Work that "
                + "continues after its request has ended states its owner with owner.AsCurrentUser()."
        );
    }

    private static ICurrentGrantOwner FindCurrentOwner(Context context)
    {
        // Handlers are pooled and have a scope of their own. A scoped service would return the first user for all later users.
        if (
            context.Registrations.Any(service =>
                service.ServiceType == typeof(ICurrentGrantOwner) && service.Lifetime != ServiceLifetime.Singleton
            )
        )
        {
            throw new InvalidOperationException(
                "Register ICurrentGrantOwner as a singleton that finds the user at each call, for example with IHttpContextAccessor. HTTP "
                    + "handlers are shared by all users and are used for longer than one request."
            );
        }
        return context.Services.GetService<ICurrentGrantOwner>()
            ?? throw new InvalidOperationException(
                "ForCurrentUser() requires an ICurrentGrantOwner. Add the package OAuthClient.AspNetCore and call "
                    + "AddBrowserAuthorization() after AddOAuthClient, or register an ICurrentGrantOwner."
            );
    }
}
