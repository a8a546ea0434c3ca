namespace OAuthClient;

/// <summary>The parts of one attempt that its authentication writes: the form and the Authorization header.</summary>
/// <param name="method">The method.</param>
/// <param name="endpoint">The address.</param>
/// <param name="form">The form of the request; <see langword="null"/> if the request has none.</param>
/// <param name="startedAt">The time at which the attempt starts.</param>
/// <param name="secrets">Receives the values that no message may contain.</param>
internal sealed class AuthenticatedRequest(
    HttpMethod method,
    Uri endpoint,
    IReadOnlyList<KeyValuePair<string, string>>? form,
    DateTimeOffset startedAt,
    List<string> secrets
)
{
    public HttpMethod Method => method;
    public Uri Endpoint => endpoint;
    public DateTimeOffset StartedAt => startedAt;

    /// <summary>Gets the form, to which the authentication adds its parameters.</summary>
    public List<KeyValuePair<string, string>> Form { get; } = [.. form ?? []];

    /// <summary>Gets the value of the Authorization header.</summary>
    public string? Authorization { get; private set; }

    /// <summary>
    /// Gets the nonce that the proof must contain because the server refused the previous attempt (RFC 9449 §8); <see langword="null"/>
    /// otherwise.
    /// </summary>
    public string? RequiredNonce { get; init; }

    /// <summary>Gets the value of the header <c>DPoP</c> (RFC 9449 §4.1).</summary>
    public string? Proof { get; private set; }

    /// <summary>Adds a parameter to the form. The identifier of the client may already be one of the request.</summary>
    public void Add(string name, string value)
    {
        if (name != ParameterNames.ClientId || !Form.Exists(parameter => parameter.Key == name))
            Form.Add(new(name, value));
    }

    /// <summary>Adds a parameter whose value no message may contain.</summary>
    public void AddSecret(string name, string value)
    {
        Add(name, value);
        Hide(value);
    }

    /// <summary>Sets the Authorization header.</summary>
    /// <param name="value">The scheme and the credentials.</param>
    /// <param name="hidden">The credentials, and what they encode, which no message may contain.</param>
    public void Authorize(string value, params ReadOnlySpan<string> hidden)
    {
        Authorization = value;
        Hide(hidden);
    }

    /// <summary>Sets the proof of possession of a key.</summary>
    public void Prove(string proof)
    {
        Proof = proof;
        Hide(proof);
    }

    // Several attempts can be made at the same time, and share the list.
    private void Hide(params ReadOnlySpan<string> values)
    {
        lock (secrets)
            secrets.AddRange(values);
    }
}
