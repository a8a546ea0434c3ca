namespace OAuthClient.AspNetCore;

/// <summary>
/// Specifies the pages of <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/>.
/// </summary>
public enum BrowserAuthorizationPageKind
{
    /// <summary>The user or the server denied the authorization (RFC 6749 §4.1.2.1 <c>access_denied</c>). Status 200.</summary>
    Denied,

    /// <summary>The callback or form was already used, has expired, or belongs to another browser or user. Status 400.</summary>
    Expired,

    /// <summary>The server refused the request, could not be reached, or sent an invalid response. Status 400 or 502.</summary>
    Error,

    /// <summary>The user signed out. Status 200.</summary>
    SignedOut,
}
