namespace OAuthClient;

/// <summary>Determines which addresses are used by plain <c>http</c>, because the options allow it.</summary>
/// <param name="allowLoopback">Whether the loopback addresses of this machine are.</param>
/// <param name="trustedOrigins">The origins inside a trusted network that are.</param>
internal sealed class CleartextPolicy(bool allowLoopback, IReadOnlyList<Uri> trustedOrigins)
{
    /// <summary>Gets the policy that allows no address.</summary>
    public static readonly CleartextPolicy None = new(allowLoopback: false, []);

    public bool AllowsLoopback => allowLoopback;
    public bool AllowsTrustedNetwork => trustedOrigins.Count > 0;

    /// <summary>Determines whether an address uses https, or may be used by plain <c>http</c>.</summary>
    public bool IsSafe(Uri uri) =>
        EndpointSecurity.IsSafe(uri, allowLoopback)
        || (AllowsTrustedNetwork && uri.IsAbsoluteUri && trustedOrigins.Any(origin => EndpointSecurity.IsSameOrigin(origin, uri)));
}
