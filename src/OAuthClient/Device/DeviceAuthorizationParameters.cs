using System.Collections.ObjectModel;

namespace OAuthClient;

/// <summary>Parameters of one device authorization request, in addition to the client's options (RFC 8628 §3.1).</summary>
public sealed record DeviceAuthorizationParameters
{
    internal static readonly DeviceAuthorizationParameters None = new();

    /// <summary>
    /// Gets or sets the scopes to request instead of <see cref="OAuthClientOptions.Scopes"/>. The default is <see langword="null"/>.
    /// </summary>
    public IReadOnlyCollection<string>? Scopes { get; init; }

    /// <summary>
    /// Gets or sets the protected resources to request tokens for instead of <see cref="OAuthClientOptions.Resources"/> (RFC 8707 §2). The
    /// default is <see langword="null"/>.
    /// </summary>
    public IReadOnlyCollection<Uri>? Resources { get; init; }

    /// <summary>
    /// Gets or sets the authorization details to request instead of <see cref="OAuthClientOptions.AuthorizationDetails"/> (RFC 9396). The
    /// default is <see langword="null"/>.
    /// </summary>
    public AuthorizationDetails? AuthorizationDetails { get; init; }

    /// <summary>
    /// Gets or sets further parameters that the server supports, such as <c>audience</c>. Parameters that the library sets
    /// (<c>client_id</c>, <c>scope</c> and others) are rejected. The default is an empty dictionary.
    /// </summary>
    /// <remarks><see cref="OAuthClientOptions.AuthorizationParameters"/> are not sent in a device authorization request.</remarks>
    public IReadOnlyDictionary<string, string> Additional { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}
