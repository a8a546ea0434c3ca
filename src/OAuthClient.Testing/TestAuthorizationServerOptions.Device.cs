using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <content>The device authorization grant (RFC 8628).</content>
public sealed partial class TestAuthorizationServerOptions
{
    /// <summary>Gets or sets the lifetime of device codes. The default is ten minutes.</summary>
    public TimeSpan DeviceCodeLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Gets or sets the minimum time between two polls, in whole seconds (<c>interval</c>, RFC 8628 §3.2). A client that polls earlier
    /// receives <c>slow_down</c>, and its interval grows by five seconds. The default is five seconds; <see langword="null"/> omits the
    /// member and requires five seconds.
    /// </summary>
    public TimeSpan? DevicePollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets a value indicating whether the response contains <c>verification_uri_complete</c> (RFC 8628 §3.2). The default is
    /// <see langword="true"/>.
    /// </summary>
    public bool SendVerificationUriComplete { get; set; } = true;

    /// <summary>
    /// Gets or sets a delegate that changes a device authorization response (RFC 8628 §3.2) before it is sent. The default is
    /// <see langword="null"/>.
    /// </summary>
    public Action<JsonObject>? OnDeviceAuthorization { get; set; }
}
