namespace OAuthClient.AspNetCore;

/// <summary>Provides options for how the owner of grants is read from the current request's user.</summary>
/// <remarks>
/// A principal that this library made names its owner in a claim of its own. Of other principals the <c>NameIdentifier</c> claim counts, or
/// else <c>sub</c>: if its issuer is <c>LOCAL AUTHORITY</c>, which is the default of claims that the application creates, it is the
/// application's own id of the user; otherwise it is a subject of that issuer.
/// <para>
/// The application must validate the issuer of every token that it makes claims of. JwtBearer gives a claim the issuer that the token
/// names. With <c>ValidateIssuer = false</c> a token can therefore name <c>LOCAL AUTHORITY</c>, and its own claims then count as those of
/// the application and choose the owner.
/// </para>
/// <para>
/// Ids of two cookie schemes cannot be told apart where the application creates the claims of both, without an issuer: <c>42</c> among the
/// customers and <c>42</c> among the staff are then one owner. Name a scope for one of the authentication types.
/// </para>
/// </remarks>
public sealed class CurrentUserOptions
{
    /// <summary>
    /// Gets the scope of users for each <c>ClaimsIdentity.AuthenticationType</c>, in letters, digits, <c>-</c>, <c>_</c> and <c>.</c>. An
    /// authentication type that is not listed has no scope. The default is empty. Adding or changing a scope makes other owners of these
    /// users: they authorize again.
    /// </summary>
    /// <example>
    /// <code>services.Configure&lt;CurrentUserOptions&gt;(o => o.ScopesByAuthenticationType["StaffCookies"] = "staff");</code>
    /// </example>
    public IDictionary<string, string> ScopesByAuthenticationType { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
