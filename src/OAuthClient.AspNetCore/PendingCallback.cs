namespace OAuthClient.AspNetCore;

/// <summary>A callback with the pending authorization of this browser to which it belongs.</summary>
/// <param name="Response">The authorization response, which is not validated yet.</param>
/// <param name="Pending">The pending authorization; <see langword="null"/> if this browser has none for the callback.</param>
/// <param name="Problem">Why the callback must not be completed; <see langword="null"/> if it may be completed.</param>
/// <param name="NeedsRepost">Whether the request may lack the application's cookies because another site sent it.</param>
/// <param name="IsUserKnown">Whether a user is signed in.</param>
internal sealed record PendingCallback(
    AuthorizationResponse Response,
    PendingAuthorizationCookieContent? Pending,
    string? Problem,
    bool NeedsRepost = false,
    bool IsUserKnown = false
);
