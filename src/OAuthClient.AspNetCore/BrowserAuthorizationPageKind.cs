namespace OAuthClient.AspNetCore;

/// <summary>
/// Specifies which page of <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/> is shown.
/// </summary>
public enum BrowserAuthorizationPageKind
{
    /// <summary>The user or the server denied the authorization (RFC 6749 §4.1.2.1 <c>access_denied</c>). Status 200.</summary>
    Denied,

    /// <summary>The callback or form was used before, is too old, or belongs to another browser or user. Status 400.</summary>
    Expired,

    /// <summary>The server refused, could not be reached, or sent what must not be accepted. Status 400 or 502.</summary>
    Error,

    /// <summary>The user signed out. Status 200.</summary>
    SignedOut,
}
