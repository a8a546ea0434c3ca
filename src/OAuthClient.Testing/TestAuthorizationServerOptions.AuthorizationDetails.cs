using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <content>Rich Authorization Requests (RFC 9396).</content>
public sealed partial class TestAuthorizationServerOptions
{
    /// <summary>
    /// Gets the supported types of authorization details, each with the names of its own members (RFC 9396 §2). An object can also have
    /// <c>locations</c>, <c>actions</c>, <c>datatypes</c>, <c>identifier</c> and <c>privileges</c> (§2.2). A request with another type or
    /// member fails with <c>invalid_authorization_details</c> (§5). The metadata contain the types if there are any (§10). The dictionary
    /// is empty by default.
    /// </summary>
    public IDictionary<string, IReadOnlyCollection<string>> AuthorizationDetailsTypes { get; } =
        new Dictionary<string, IReadOnlyCollection<string>>(StringComparer.Ordinal);

    /// <summary>
    /// Gets or sets a delegate that changes the authorization details when the user grants them, for example to add the account that the
    /// user chose (RFC 9396 §7.1). The default is <see langword="null"/>: those that were requested.
    /// </summary>
    public Action<JsonArray>? OnAuthorizationDetails { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the response to a refresh contains <c>authorization_details</c>. The default is
    /// <see langword="true"/>.
    /// </summary>
    public bool SendAuthorizationDetailsAtRefresh { get; set; } = true;
}
