using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>
/// The grant types whose token request is repeated until the user has responded. The client must keep an interval between two requests,
/// also after an error (RFC 8628 §3.5, OpenID Connect CIBA §7), so the back channel does not retry them.
/// </summary>
internal static class PolledGrantTypes
{
    /// <summary>The device authorization grant (RFC 8628 §3.4).</summary>
    public const string DeviceCode = "urn:ietf:params:oauth:grant-type:device_code";

    private static readonly FrozenSet<string> All = FrozenSet.Create(
        StringComparer.Ordinal,
        DeviceCode,
        "urn:openid:params:grant-type:ciba"
    );

    /// <summary>Determines whether the requests of a grant type are polls.</summary>
    public static bool Contains(string grantType) => All.Contains(grantType);
}
