using System.Net;
using System.Text;

namespace OAuthClient;

internal sealed partial record ServerAdaptation
{
    /// <summary>Gets a value indicating whether authorization requests have no <c>resource</c> (RFC 8707 §2.1).</summary>
    public bool OmitsResourceInAuthorizationRequests { get; init; }

    /// <summary>Gets a value indicating whether token requests other than refresh requests have no <c>resource</c>.</summary>
    public bool OmitsResourceInTokenRequests { get; init; }

    /// <summary>Gets a value indicating whether refresh requests have no <c>resource</c>.</summary>
    public bool OmitsResourceInRefreshRequests { get; init; }

    /// <summary>Gets a value indicating whether Basic credentials are not form-encoded (RFC 6749 §2.3.1).</summary>
    public bool UsesUnencodedBasicCredentials { get; init; }

    /// <summary>Gets a value indicating whether a public client sends Basic credentials with an empty password.</summary>
    public bool UsesBasicForPublicClient { get; init; }

    /// <summary>Gets a value indicating whether the body has <c>client_id</c> beside Basic credentials.</summary>
    public bool RepeatsClientIdInBody { get; init; }

    /// <summary>Gets a value indicating whether the client secret is the user name of Basic credentials.</summary>
    public bool UsesSecretAsBasicUserName { get; init; }

    /// <summary>Creates the Basic credentials of a client (RFC 6749 §2.3.1, RFC 7617 §2).</summary>
    /// <param name="clientId">The client identifier.</param>
    /// <param name="secret">The client secret; empty for a public client.</param>
    /// <returns>The credentials in Base64.</returns>
    public string CreateBasicCredentials(string clientId, string secret)
    {
        var (user, password) = UsesSecretAsBasicUserName ? (secret, "") : (clientId, secret);
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(Encode(user) + ":" + Encode(password)));
    }

    // RFC 6749 Appendix B: identifier and secret are form-encoded before they are joined with a colon.
    private string Encode(string text) => UsesUnencodedBasicCredentials ? text : WebUtility.UrlEncode(text);
}
