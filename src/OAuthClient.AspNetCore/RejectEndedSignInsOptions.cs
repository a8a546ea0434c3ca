using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace OAuthClient.AspNetCore;

/// <summary>Which cookie schemes reject principals whose sign-in has ended.</summary>
internal sealed class RejectEndedSignInsOptions
{
    /// <summary>Gets or sets whether every cookie scheme does, whatever its name. The default is <see langword="false"/>.</summary>
    public bool AllSchemes { get; set; }

    /// <summary>Gets the names of the schemes that do.</summary>
    public HashSet<string> Schemes { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the scheme of this name is meant.</summary>
    public bool Includes(string scheme) => AllSchemes || Schemes.Contains(scheme);

    /// <summary>Whether it is handled by cookies, by the framework's handler or by one that is derived from it.</summary>
    public static bool IsCookieScheme(AuthenticationScheme scheme) =>
        scheme.HandlerType.IsAssignableTo(typeof(CookieAuthenticationHandler));
}
