namespace OAuthClient.Interop;

/// <summary>The servers of the tests.</summary>
public enum ServerKind
{
    /// <summary>oidc-provider for Node.js, which is certified.</summary>
    OidcProvider,

    /// <summary>OpenIddict.Server, in this process.</summary>
    OpenIddict,

    /// <summary>django-oauth-toolkit for Python.</summary>
    Django,
}
