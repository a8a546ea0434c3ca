namespace OAuthClient;

/// <summary>The outcome of one attempt: a response or an exception.</summary>
/// <param name="Answer">The response.</param>
/// <param name="Fault">The exception.</param>
internal sealed record Attempt(HttpResponseMessage? Answer, Exception? Fault)
{
    /// <summary>Gets a value indicating whether another attempt can succeed.</summary>
    public bool IsTransientFailure => Answer is null || TransientErrors.IsTransient(Answer);
}
