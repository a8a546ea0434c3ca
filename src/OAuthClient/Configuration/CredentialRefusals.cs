namespace OAuthClient;

/// <summary>
/// Records that the token endpoint refused the client's credentials with <c>invalid_client</c> (RFC 6749 §5.2). One refusal may be a
/// temporary fault of the server; a second one after <see cref="ConfirmationPeriod"/>, with no token response in between, confirms it.
/// The record is kept in memory: each node decides by the refusals that it received itself.
/// </summary>
internal sealed class CredentialRefusals
{
    /// <summary>The time that must pass between the first refusal and the one that confirms it.</summary>
    public static readonly TimeSpan ConfirmationPeriod = TimeSpan.FromMinutes(2);

    private const long None = long.MinValue;

    private long firstAt = None;
    private volatile bool isConfirmed;

    /// <summary>Gets whether the token endpoint refused the credentials since it last accepted them.</summary>
    public bool Any => Volatile.Read(ref firstAt) != None;

    /// <summary>Gets whether a second refusal confirmed the first.</summary>
    public bool IsConfirmed => isConfirmed;

    /// <summary>Records a refusal.</summary>
    /// <param name="time">The clock.</param>
    /// <returns><see langword="true"/> if it is the first since the credentials were last accepted.</returns>
    public bool Record(TimeProvider time)
    {
        long now = time.GetTimestamp();
        long first = Interlocked.CompareExchange(ref firstAt, now, None);
        if (first != None && time.GetElapsedTime(first, now) >= ConfirmationPeriod)
            isConfirmed = true;
        return first == None;
    }

    /// <summary>Forgets the refusals: the token endpoint accepted the credentials.</summary>
    public void Clear()
    {
        if (!Any)
            return;
        isConfirmed = false;
        Volatile.Write(ref firstAt, None);
    }
}
