namespace OAuthClient;

/// <summary>The name of a client in messages.</summary>
internal static class ClientDisplayName
{
    /// <summary>Returns the name of a client for a sentence; the client without a name is "the OAuth client".</summary>
    public static string Of(string name) => name.Length == 0 ? "the OAuth client" : $"the OAuth client '{name}'";
}
