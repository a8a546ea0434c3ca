using System.Security.Claims;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Creates the principal of a user who signed in, and requests UserInfo for claims that the ID Token lacks, if the options say so.
/// </summary>
internal sealed class SignInUserFactory(
    string clientName,
    IOAuthClient client,
    IOptionsMonitor<BrowserAuthorizationOptions> options,
    ILogger logger
)
{
    private const string Email = "email";

    /// <summary>Creates the principal for the cookie, which has few claims.</summary>
    /// <param name="grant">The grant of the sign-in.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The principal, and the UserInfo response if it was requested.</returns>
    /// <exception cref="OAuthException">The server did not send the claim of <c>NameIdentifierClaim</c>.</exception>
    public async Task<(ClaimsPrincipal User, UserInfo? UserInfo)> CreateAsync(Grant grant, CancellationToken cancellationToken)
    {
        var current = options.Get(clientName);
        var userInfo =
            current.FetchUserInfoAtSignIn && IsIncomplete(All(grant, null, current), current)
                ? await FetchAsync(grant, cancellationToken).ConfigureAwait(false)
                : null;
        return (Create(grant, userInfo, current), userInfo);
    }

    /// <summary>Creates the principal.</summary>
    /// <exception cref="OAuthException">The server did not send the claim of <c>NameIdentifierClaim</c>.</exception>
    internal static ClaimsPrincipal Create(Grant grant, UserInfo? userInfo, BrowserAuthorizationOptions current)
    {
        string? nameIdentifier = current.NameIdentifierClaim is { Length: > 0 } claim
            ? grant.ToClaimsPrincipal(userInfo, nameIdentifierClaim: claim).FindFirst(ClaimTypes.NameIdentifier)!.Value
            : null;
        return SignInSession.Create(grant, Claims(All(grant, userInfo, current)), nameIdentifier);
    }

    private static ClaimsIdentity All(Grant grant, UserInfo? userInfo, BrowserAuthorizationOptions current) =>
        (ClaimsIdentity)grant.ToClaimsPrincipal(userInfo, nameClaim: current.NameClaim, roleClaim: current.RoleClaim).Identity!;

    private static bool IsIncomplete(ClaimsIdentity user, BrowserAuthorizationOptions current) =>
        FindText(user, user.NameClaimType) is null
        || FindText(user, Email) is null
        || (current.RoleClaim.Length > 0 && user.FindFirst(user.RoleClaimType) is null);

    // A server may send another type than a string, which is no name.
    private static string? FindText(ClaimsIdentity user, string type) =>
        user.FindFirst(claim =>
            string.Equals(claim.Type, type, StringComparison.Ordinal)
            && string.Equals(claim.ValueType, ClaimValueTypes.String, StringComparison.Ordinal)
            && !string.IsNullOrWhiteSpace(claim.Value)
        )?.Value;

    // The claims of the cookie besides those that identify the session, under the types that the framework and its libraries read.
    private static IEnumerable<(string Type, string Value)> Claims(ClaimsIdentity all)
    {
        if (FindText(all, all.NameClaimType) is { } name)
            yield return (ClaimTypes.Name, name);
        if (FindText(all, Email) is { } email)
            yield return (ClaimTypes.Email, email);
        if (all.FindFirst("email_verified") is { } verified)
            yield return (verified.Type, verified.Value);
        foreach (var role in all.FindAll(all.RoleClaimType))
            yield return (ClaimTypes.Role, role.Value);
    }

    // The code is redeemed and the grant stored, so the sign-in goes on, whatever the UserInfo endpoint answers.
    private async Task<UserInfo?> FetchAsync(Grant grant, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetUserInfoAsync(grant.Owner, new() { GrantId = grant.Id }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is OAuthException or HttpRequestException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            Log.UserInfoNotFetched(logger, clientName, exception.Message);
            return null;
        }
    }
}
