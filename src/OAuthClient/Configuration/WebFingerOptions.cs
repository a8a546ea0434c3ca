namespace OAuthClient;

/// <summary>How <see cref="WebFinger"/> asks. What users type decides which machines it connects to, so that it is careful unless told otherwise.</summary>
public sealed class WebFingerOptions
{
    // No name that anyone gives a client.
    internal const string ClientName = "(WebFinger)";

    /// <summary>Connects to private addresses too, for servers inside an organisation. Off unless set; a warning says so once.</summary>
    public bool DangerouslyAllowPrivateAddresses { get; set; }

    /// <summary>Allows plain http to a server on this very machine, for development, and asks it by http. Off unless set; a warning says so once.</summary>
    public bool DangerouslyAllowHttpOnLoopback { get; set; }
}
