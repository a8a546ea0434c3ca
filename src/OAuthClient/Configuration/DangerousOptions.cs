using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Logs each option of a client that lowers its safety, once for each process: at the start of the host, which validates the options, or
/// at the first use.
/// </summary>
internal sealed class DangerousOptions(ILoggerFactory loggers)
{
    private static readonly (string Option, Func<OAuthClientOptions, bool> IsSet, string Consequence)[] All =
    [
        (
            nameof(OAuthClientOptions.DangerouslyAllowHttpInTrustedNetwork),
            o => o.DangerouslyAllowHttpInTrustedNetwork.Count > 0,
            "requests to the listed origins use plain http, so other machines in that network can read the client secret, codes and tokens"
        ),
        (
            "Adaptation.DangerouslyDisablePkce",
            o => o.Adaptation.DangerouslyDisablePkce,
            "requests have neither code_challenge nor code_verifier, so PKCE does not detect an injected code (RFC 9700 §2.1.1)"
        ),
        (
            "Adaptation.DangerouslyAcceptMissingNonce",
            o => o.Adaptation.DangerouslyAcceptMissingNonce,
            "an ID Token without nonce is accepted, so the nonce does not detect an injected code (RFC 9700 §4.5.3.2)"
        ),
        (
            "Adaptation.DangerouslyAllowCodeInjection",
            o => o.Adaptation.DangerouslyAllowCodeInjection,
            "neither PKCE nor a nonce has to prevent that an attacker signs in with a code of another user (RFC 9700 §4.5)"
        ),
    ];

    private readonly ConcurrentDictionary<(string Client, string Option), bool> logged = new();

    /// <summary>Logs the options that are set and were not logged yet.</summary>
    /// <param name="name">The client's name.</param>
    /// <param name="options">The valid options of the client.</param>
    public void LogOnce(string name, OAuthClientOptions options)
    {
        foreach (var (option, isSet, consequence) in All)
        {
            if (isSet(options) && logged.TryAdd((name, option), true))
                Log.DangerousOptionSet(loggers.CreateLogger(Log.Category), name, option, consequence);
        }
    }
}
