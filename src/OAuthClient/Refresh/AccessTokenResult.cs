namespace OAuthClient;

/// <summary>An access token, and whether the server gave it just now: then asking once more would bring nothing better.</summary>
internal sealed record AccessTokenResult(AccessToken Token, bool IsFetched);
