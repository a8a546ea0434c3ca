using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Represents a device authorization that has begun and waits for the user (RFC 8628 §3.2). The application shows the user code and the
/// address, and passes the object to <see cref="DeviceAuthorization.CompleteAsync"/>. It contains the device code, which is never printed.
/// </summary>
[DebuggerDisplay("Pending device authorization at {Server.ServerId}")]
[JsonConverter(typeof(NonSerializableJsonConverter<PendingDeviceAuthorization>))]
public sealed class PendingDeviceAuthorization
{
    private readonly Lock changes = new();
    private bool isBound;
    private GrantOwner? boundOwner;

    internal PendingDeviceAuthorization() { }

    /// <summary>
    /// Gets the code that the user enters at <see cref="VerificationUri"/>. It has at most 64 printable ASCII characters. Show it also
    /// where the user opens <see cref="VerificationUriComplete"/>, so that the user can compare it with the code on the page (RFC 8628
    /// §3.3.1).
    /// </summary>
    public string UserCode { get; internal init; } = "";

    /// <summary>
    /// Gets the address where the user enters the code. It uses <c>https</c>, or <c>http</c> on a loopback address or in a trusted network.
    /// </summary>
    public Uri VerificationUri { get; internal init; } = null!;

    /// <summary>
    /// Gets the address that includes the user code, for a browser or a QR code, as safe as <see cref="VerificationUri"/>;
    /// <see langword="null"/> if the server states none.
    /// </summary>
    public Uri? VerificationUriComplete { get; internal init; }

    /// <summary>Gets the time after which the user cannot approve any more.</summary>
    public DateTimeOffset ExpiresAt { get; internal init; }

    internal DeviceCode DeviceCode { get; init; } = null!;

    /// <summary>Gets the configuration of the operation, from its begin to its end.</summary>
    internal ClientConfiguration Configuration { get; init; } = null!;

    internal AuthorizationServerMetadata Server { get; init; } = null!;
    internal IReadOnlyList<string> Scopes { get; init; } = [];
    internal IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>Gets the key that each poll proves the possession of (RFC 9449 §5); <see langword="null"/> for bearer tokens.</summary>
    internal DPoPKey? DPoPKey { get; init; }

    /// <summary>Gets or sets the time between two polls. Only the poll in progress sets it, as the members below.</summary>
    internal TimeSpan Interval { get; set; }

    /// <summary>Gets the pause until the next poll.</summary>
    internal Pause Pause { get; init; } = null!;

    /// <summary>
    /// Gets or sets the delays while the server does not respond; <see langword="null"/> while it does.
    /// </summary>
    internal ExponentialBackoff? Backoff { get; set; }

    /// <summary>Gets or sets the tokens that have arrived; <see langword="null"/> while there are none.</summary>
    internal TokenResponse? Tokens { get; set; }

    /// <summary>Gets or sets the stored grant; <see langword="null"/> while there is none.</summary>
    internal Grant? Grant { get; set; }

    /// <summary>Gets or sets why the authorization has ended without a grant; <see langword="null"/> if it has not.</summary>
    internal OAuthException? Failure { get; set; }

    internal bool RequestsIdToken => Scopes.Contains(ScopeList.OpenId);

    /// <summary>Records the owner of the grant. All callers that complete the authorization must name the same one.</summary>
    /// <param name="owner">The owner; <see langword="null"/> for the user whom the ID Token names.</param>
    /// <exception cref="ArgumentException">It is completed for another owner.</exception>
    internal void Bind(GrantOwner? owner)
    {
        lock (changes)
        {
            if (isBound && !Equals(boundOwner, owner))
                throw new ArgumentException(
                    "This device authorization is already completed for another owner; begin one for each owner.",
                    nameof(owner)
                );
            (isBound, boundOwner) = (true, owner);
        }
    }

    /// <summary>Returns the name of the server, without a code.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"Pending device authorization at {Server.ServerId}";
}
