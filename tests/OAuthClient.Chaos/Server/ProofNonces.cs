using System.Security.Cryptography;

namespace OAuthClient.Chaos.Server;

/// <summary>
/// The nonces of one endpoint (RFC 9449 §8, §9), which change after a number of uses. A request with another nonce than the current one is
/// refused once. When it comes again, any nonce of the last seconds is accepted, so that the change of the nonce by the requests of others
/// does not refuse it a second time.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="uses">The number of uses after which the nonce changes.</param>
internal sealed class ProofNonces(TimeProvider time, int uses)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private readonly Lock changes = new();
    private readonly Dictionary<string, DateTimeOffset> issued = new(StringComparer.Ordinal);
    private readonly HashSet<string> refused = new(StringComparer.Ordinal);
    private string? current;
    private int used;

    /// <summary>Gets the number of requests that were refused for their nonce.</summary>
    public int Refusals { get; private set; }

    /// <summary>Gets the requests that were refused more than once.</summary>
    public int RepeatedRefusals { get; private set; }

    /// <summary>Gets the nonce for the next request.</summary>
    public string Current
    {
        get
        {
            lock (changes)
                return current ??= Create();
        }
    }

    /// <param name="nonce">The nonce of the proof; <see langword="null"/> if it has none.</param>
    /// <param name="request">Identifies the request when it is sent again.</param>
    public bool Accepts(string? nonce, string request)
    {
        lock (changes)
        {
            bool isRecent = nonce is not null && issued.TryGetValue(nonce, out var at) && time.GetUtcNow() - at < Lifetime;
            if (isRecent && (nonce == current || refused.Contains(request)))
            {
                if (++used % uses == 0)
                    current = Create();
                return true;
            }
            Refusals++;
            if (!refused.Add(request))
                RepeatedRefusals++;
            return false;
        }
    }

    private string Create()
    {
        string nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        issued[nonce] = time.GetUtcNow();
        return nonce;
    }
}
