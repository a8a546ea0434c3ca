namespace OAuthClient;

/// <summary>
/// The name of a client in messages: "OAuth client 'photos'", or "OAuth client" for the client without a name. A log message takes it as a
/// parameter, so that the text is created only if the message is written.
/// </summary>
/// <param name="Name">The name in <c>AddOAuthClient</c>.</param>
internal readonly record struct ClientDisplayName(string Name)
{
    /// <summary>Returns the name of a client for a sentence; the client without a name is "the OAuth client".</summary>
    public static string Of(string name) => $"the {new ClientDisplayName(name)}";

    public static implicit operator ClientDisplayName(string name) => new(name);

    public override string ToString() => Name.Length == 0 ? "OAuth client" : $"OAuth client '{Name}'";
}
