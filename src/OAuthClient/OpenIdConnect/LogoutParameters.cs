using System.Collections.ObjectModel;

namespace OAuthClient;

/// <summary>Represents the parameters of one logout request (OpenID Connect RP-Initiated Logout §2).</summary>
public sealed class LogoutParameters
{
    /// <summary>Parameters with their default values.</summary>
    internal static readonly LogoutParameters None = new();

    /// <summary>
    /// Gets or sets the session to end, as in <see cref="Grant.SessionId"/>. Grants without a known session end as well. When neither this
    /// property nor <see cref="SignInId"/> is set, all grants of the owner end.
    /// </summary>
    public string? SessionId { get; init; }

    /// <summary>
    /// Gets or sets the sign-in to end, as in <see cref="Grant.SignInId"/>. For a server without session identifiers it ends this sign-in
    /// and not those of the user's other browsers.
    /// </summary>
    public string? SignInId { get; init; }

    /// <summary>
    /// Gets or sets <c>logout_hint</c>, which identifies the user to a server that requires more than the ID Token. It is usually the value
    /// of <c>login_hint</c>.
    /// </summary>
    public string? LogoutHint { get; init; }

    /// <summary>Gets or sets the preferred languages of the user, in order, separated by spaces (<c>ui_locales</c>, BCP 47).</summary>
    public string? UiLocales { get; init; }

    /// <summary>
    /// Gets or sets a value indicating whether <c>state</c> is omitted, for a server that does not return it. Without <c>state</c> the
    /// redirect to <c>PostLogoutRedirectUri</c> is not proof of a logout, because any page can send the browser there. The default is
    /// <see langword="false"/>.
    /// </summary>
    public bool OmitState { get; init; }

    /// <summary>
    /// Gets or sets additional parameters of the request. Names that the library sets (<c>id_token_hint</c>, <c>state</c>, …) are rejected.
    /// </summary>
    public IReadOnlyDictionary<string, string> Additional { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}
