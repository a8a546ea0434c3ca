namespace OAuthClient.Chaos.Server;

/// <summary>Determines whether the server requires tokens that are bound to a key (RFC 9449), and what is bound.</summary>
internal enum KeyBinding
{
    /// <summary>The tokens are bearer tokens.</summary>
    None,

    /// <summary>The access tokens of a confidential client are bound; its refresh tokens are not (RFC 9449 §5).</summary>
    Confidential,

    /// <summary>The access tokens and the refresh tokens of a public client are bound.</summary>
    Public,
}
