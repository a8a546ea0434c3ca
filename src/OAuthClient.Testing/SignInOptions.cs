using System.Net;

namespace OAuthClient.Testing;

/// <summary>What the user does in <see cref="TestAuthorizationServer.SignInAsync"/>.</summary>
public sealed class SignInOptions
{
    /// <summary>Who signs in.</summary>
    public string UserName { get; init; } = "alice";

    /// <summary>What is typed as the password; the user's own when <see langword="null"/>.</summary>
    public string? Password { get; init; }

    /// <summary>Whether the user refuses on the consent page, which ends in <c>access_denied</c> (RFC 6749 §4.1.2.1).</summary>
    public bool Deny { get; init; }

    /// <summary>The scopes left ticked on the consent page; all that were asked for when <see langword="null"/>. <c>openid</c> cannot be unticked.</summary>
    public IReadOnlyCollection<string>? ApprovedScopes { get; init; }

    /// <summary>
    /// The browser's cookies. Give the same container twice to come back in the same browser, signed in already;
    /// <see langword="null"/> is a fresh browser.
    /// </summary>
    public CookieContainer? Cookies { get; init; }
}
