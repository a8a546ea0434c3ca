namespace OAuthClient;

/// <summary>An access token.</summary>
/// <param name="Token">The token.</param>
/// <param name="IsFetched">Whether the server just issued the token, so that a further request is of no use.</param>
internal sealed record AccessTokenResult(AccessToken Token, bool IsFetched);
