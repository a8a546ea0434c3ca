using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Finds the owner of grants from the user of the current request.</summary>
internal sealed class HttpContextGrantOwner(IHttpContextAccessor accessor, IOptionsMonitor<CurrentUserOptions> options) : ICurrentGrantOwner
{
    public GrantOwner? Find() =>
        accessor.HttpContext?.User is { } user ? ClaimsGrantOwner.Find(user, options.CurrentValue.ScopesByAuthenticationType) : null;
}
