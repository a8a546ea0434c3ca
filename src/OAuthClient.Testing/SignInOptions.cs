using System.Net;

namespace OAuthClient.Testing;

/// <summary>Provides options for the simulated user of <see cref="TestAuthorizationServer.SignInAsync"/>.</summary>
public sealed class SignInOptions
{
    /// <summary>Gets or sets the name of the user who signs in. The default is <c>alice</c>.</summary>
    public string UserName { get; init; } = "alice";

    /// <summary>
    /// Gets or sets the password to enter. The default is <see langword="null"/>, which enters the correct password of the user.
    /// </summary>
    public string? Password { get; init; }

    /// <summary>
    /// Gets or sets a value indicating whether the user denies access on the consent page, which results in <c>access_denied</c> (RFC 6749
    /// §4.1.2.1). The default is <see langword="false"/>.
    /// </summary>
    public bool Deny { get; init; }

    /// <summary>
    /// Gets or sets the scopes to approve on the consent page. The default is <see langword="null"/>, which approves all requested scopes.
    /// The user cannot deselect <c>openid</c>.
    /// </summary>
    public IReadOnlyCollection<string>? ApprovedScopes { get; init; }

    /// <summary>
    /// Gets or sets the cookies of the browser. Pass the same container again to continue in the same browser session. The default is
    /// <see langword="null"/>, which stands for a new browser.
    /// </summary>
    public CookieContainer? Cookies { get; init; }
}
