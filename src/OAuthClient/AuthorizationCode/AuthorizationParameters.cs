using System.Collections.ObjectModel;

namespace OAuthClient;

/// <summary>What one authorization request asks beyond its registration (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).</summary>
public sealed class AuthorizationParameters
{
    /// <summary>Nothing beyond the registration.</summary>
    internal static readonly AuthorizationParameters None = new();

    /// <summary>In place of the registration's scopes, when set.</summary>
    public IReadOnlyCollection<string>? Scopes { get; init; }

    /// <summary>In place of the registration's resources, when set (RFC 8707 §2).</summary>
    public IReadOnlyCollection<Uri>? Resources { get; init; }

    /// <summary>For example <c>login</c>, <c>consent</c>, <c>select_account</c> or <c>none</c>.</summary>
    public string? Prompt { get; init; }

    /// <summary>Who will probably sign in: the server may fill it in.</summary>
    public string? LoginHint { get; init; }

    /// <summary>
    /// How long ago the user may have last been asked to sign in; sent in whole seconds. With <c>openid</c> the ID Token's
    /// <c>auth_time</c> is held against it.
    /// </summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>How the user should be authenticated, best first, separated by spaces. A wish (OpenID Connect Core §5.5.1.1): <c>acr</c> in the grant's <c>IdTokenClaims</c> says what was done.</summary>
    public string? AcrValues { get; init; }

    /// <summary>
    /// How the user must be authenticated, best first: the ID Token's <c>acr</c> must be one of these, or the authorization is not completed.
    /// Sent as <c>acr_values</c> unless <see cref="AcrValues"/> says otherwise. Needs the scope <c>openid</c>.
    /// </summary>
    public IReadOnlyCollection<string> RequiredAcrValues { get; init; } = [];

    /// <summary>The user's languages, best first, separated by spaces (BCP 47).</summary>
    public string? UiLocales { get; init; }

    /// <summary>
    /// Anything else the server understands, such as <c>access_type=offline</c>. Names that carry the protection of the
    /// request (<c>state</c>, <c>redirect_uri</c>, <c>code_challenge</c>, …) are refused.
    /// </summary>
    public IReadOnlyDictionary<string, string> Additional { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}
