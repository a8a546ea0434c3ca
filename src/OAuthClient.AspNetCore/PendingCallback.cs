namespace OAuthClient.AspNetCore;

/// <summary>A callback that was read, with the pending authorization of this browser that it answers.</summary>
/// <param name="Response">The authorization response, not validated.</param>
/// <param name="Pending">The pending authorization; <see langword="null"/> when this browser has none for the callback.</param>
/// <param name="Problem">Why the callback must not be completed; <see langword="null"/> when it may be.</param>
/// <param name="NeedsRepost">Whether the request may lack the application's cookies because another site sent it.</param>
/// <param name="IsUserKnown">Whether a user is signed in.</param>
internal sealed record PendingCallback(
    AuthorizationResponse Response,
    PendingAuthorizationCookie? Pending,
    string? Problem,
    bool NeedsRepost = false,
    bool IsUserKnown = false
);
