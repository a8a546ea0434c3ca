namespace OAuthClient.AspNetCore;

/// <summary>Provides options for reading the owner of grants from the current request's user.</summary>
/// <remarks>
/// A principal that this library created names its owner in the claim <see cref="GrantOwner.ClaimType"/>. For other principals the owner is
/// read from the claim <c>NameIdentifier</c>, or from <c>sub</c> if that is missing. If the issuer of the claim is <c>LOCAL AUTHORITY</c>,
/// the default of claims that the application creates, the value is the application's own user id. Otherwise it is a subject of that
/// issuer.
/// <para>
/// The application must validate the issuer of every token whose claims it uses. JwtBearer gives a claim the issuer that the token
/// names. With <c>ValidateIssuer = false</c>, a token can name <c>LOCAL AUTHORITY</c>; its claims then determine the owner like claims of
/// the application.
/// </para>
/// <para>
/// If the application creates the claims of two cookie schemes without an issuer, their ids are not distinguished: the customer <c>42</c>
/// and the staff member <c>42</c> are the same owner. Set a scope for one of the authentication types.
/// </para>
/// </remarks>
public sealed class CurrentUserOptions
{
    /// <summary>
    /// Gets the scope of users for each <c>ClaimsIdentity.AuthenticationType</c>. A scope consists of letters, digits, <c>-</c>, <c>_</c>
    /// and <c>.</c>. An authentication type that is not listed has no scope. The default is empty. Adding or changing a scope changes the
    /// owner of these users, who must then authorize again.
    /// </summary>
    /// <example>
    /// <code>
    /// using OAuthClient.AspNetCore;
    ///
    /// var builder = WebApplication.CreateBuilder(args);
    /// builder.Services.Configure&lt;CurrentUserOptions&gt;(o => o.ScopesByAuthenticationType["StaffCookies"] = "staff");
    /// </code>
    /// </example>
    public IDictionary<string, string> ScopesByAuthenticationType { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
