namespace OAuthClient;

/// <summary>The parts of one attempt that its authentication writes: the form and the Authorization header.</summary>
/// <param name="method">The method.</param>
/// <param name="endpoint">The address.</param>
/// <param name="form">The form of the request; <see langword="null"/> if the request has none.</param>
/// <param name="startedAt">The time at which the attempt starts.</param>
internal sealed class AuthenticatedRequest(
    HttpMethod method,
    Uri endpoint,
    IEnumerable<KeyValuePair<string, string>>? form,
    DateTimeOffset startedAt
)
{
    public HttpMethod Method => method;
    public Uri Endpoint => endpoint;
    public DateTimeOffset StartedAt => startedAt;

    /// <summary>Gets the form, to which the authentication adds its parameters.</summary>
    public List<KeyValuePair<string, string>> Form { get; } = [.. form ?? []];

    /// <summary>Gets the value of the Authorization header.</summary>
    public string? Authorization { get; private set; }

    /// <summary>Gets the values that no message may contain.</summary>
    public List<string> Secrets { get; } = [];

    /// <summary>Adds a parameter to the form.</summary>
    public void Add(string name, string value) => Form.Add(new(name, value));

    /// <summary>Adds a parameter whose value no message may contain.</summary>
    public void AddSecret(string name, string value)
    {
        Add(name, value);
        Secrets.Add(value);
    }

    /// <summary>Sets the Authorization header.</summary>
    /// <param name="scheme">The authentication scheme.</param>
    /// <param name="credentials">The credentials, which no message may contain.</param>
    /// <param name="secret">The secret that the credentials encode, which no message may contain either.</param>
    public void Authorize(string scheme, string credentials, string? secret = null)
    {
        Authorization = scheme + " " + credentials;
        Secrets.Add(credentials);
        if (secret is not null)
            Secrets.Add(secret);
    }
}
