namespace OAuthClient;

/// <summary>The rejection of an access token by an API. It belongs to one request, because requests share the token.</summary>
/// <param name="Token">The token.</param>
/// <param name="IsUnexplained">
/// Whether the response is a status 401 that states no reason. The replacements after such responses are limited.
/// </param>
internal sealed record AccessTokenRejection(AccessToken Token, bool IsUnexplained)
{
    /// <summary>Creates the rejection that an application reports. Its replacement is not limited.</summary>
    /// <param name="token">The token; <see langword="null"/> if none was rejected.</param>
    public static AccessTokenRejection? Of(AccessToken? token) => token is null ? null : new(token, IsUnexplained: false);
}
