using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace OAuthClient.AspNetCore;

/// <summary>Provides options for the cookie schemes that reject principals whose sign-in has ended.</summary>
internal sealed class RejectEndedSignInsOptions
{
    /// <summary>Gets or sets a value indicating whether all cookie schemes do. The default is <see langword="false"/>.</summary>
    public bool AllSchemes { get; set; }

    /// <summary>Gets the names of the schemes that do.</summary>
    public HashSet<string> Schemes { get; } = new(StringComparer.Ordinal);

    /// <summary>Determines whether the scheme rejects them.</summary>
    public bool Includes(string scheme) => AllSchemes || Schemes.Contains(scheme);

    /// <summary>Determines whether the scheme's handler is the framework's cookie handler or is derived from it.</summary>
    public static bool IsCookieScheme(AuthenticationScheme scheme) =>
        scheme.HandlerType.IsAssignableTo(typeof(CookieAuthenticationHandler));
}
