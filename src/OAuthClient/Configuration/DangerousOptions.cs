using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Logs each option that lowers safety, once for each process: those of a client at the start of the host, which validates the options, or
/// at the first use; those of WebFinger and of an HTTP client at the first use.
/// </summary>
internal sealed class DangerousOptions(IServiceProvider services)
{
    private const string HttpOnLoopback =
        "plain http is allowed to this machine, where every program can listen on a free port and receive the requests";

    private static readonly IReadOnlyList<DangerousOption<OAuthClientOptions>> OfClient =
    [
        new(nameof(OAuthClientOptions.DangerouslyAllowHttpOnLoopback), o => o.DangerouslyAllowHttpOnLoopback, HttpOnLoopback),
        new(
            nameof(OAuthClientOptions.DangerouslyAllowHttpInTrustedNetwork),
            o => o.DangerouslyAllowHttpInTrustedNetwork.Count > 0,
            "requests to the listed origins use plain http, so other machines in that network can read the client secret, codes and tokens"
        ),
        new(
            "Adaptation.DangerouslyDisablePkce",
            o => o.Adaptation.DangerouslyDisablePkce,
            "requests have neither code_challenge nor code_verifier, so PKCE does not detect an injected code (RFC 9700 §2.1.1)"
        ),
        new(
            "Adaptation.DangerouslyAcceptMissingNonce",
            o => o.Adaptation.DangerouslyAcceptMissingNonce,
            "an ID Token without nonce is accepted, so the nonce does not detect an injected code (RFC 9700 §4.5.3.2)"
        ),
        new(
            "Adaptation.DangerouslyAllowCodeInjection",
            o => o.Adaptation.DangerouslyAllowCodeInjection,
            "neither PKCE nor a nonce has to prevent that an attacker signs in with a code of another user (RFC 9700 §4.5)"
        ),
    ];

    private static readonly IReadOnlyList<DangerousOption<WebFingerOptions>> OfWebFinger =
    [
        new(
            nameof(WebFingerOptions.DangerouslyAllowPrivateAddresses),
            o => o.DangerouslyAllowPrivateAddresses,
            "the identifiers that users enter can make the application connect to machines of the internal network"
        ),
        new(nameof(WebFingerOptions.DangerouslyAllowHttpOnLoopback), o => o.DangerouslyAllowHttpOnLoopback, HttpOnLoopback),
    ];

    private readonly ConcurrentDictionary<(string Subject, string Option), bool> logged = new();

    /// <summary>Logs the options of a client that are set and were not logged yet.</summary>
    /// <param name="name">The client's name.</param>
    /// <param name="options">The valid options of the client.</param>
    public void LogOnce(string name, OAuthClientOptions options) => LogOnce(new ClientDisplayName(name).ToString(), options, OfClient);

    /// <summary>Logs the options of WebFinger that are set and were not logged yet.</summary>
    public void LogOnce(WebFingerOptions options) => LogOnce("WebFinger", options, OfWebFinger);

    /// <summary>Logs the options that are set and were not logged yet.</summary>
    /// <param name="subject">What has the options, as the start of a sentence.</param>
    /// <param name="options">The options.</param>
    /// <param name="dangerous">The dangerous ones of these options.</param>
    public void LogOnce<TOptions>(string subject, TOptions options, IEnumerable<DangerousOption<TOptions>> dangerous)
    {
        foreach (var option in dangerous)
        {
            // The logger factory is not injected, because a logger provider may itself need an HTTP client with these options.
            if (option.IsSet(options) && logged.TryAdd((subject, option.Name), true))
                Log.DangerousOptionSet(
                    services.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category),
                    subject,
                    option.Name,
                    option.Consequence
                );
        }
    }
}
