using System.Security.Cryptography;

namespace OAuthClient.Testing;

/// <summary>A device code that the server issued, with its user code (RFC 8628 §3.2). The lock of the store protects its state.</summary>
internal sealed class IssuedDeviceCode(TestClient client, RequestedAccess access, DateTimeOffset expiresAt, TimeSpan interval)
{
    // RFC 8628 §6.1: no vowels and no digits, so that a code is no word and is read without doubt.
    private const string Characters = "BCDFGHJKLMNPQRSTVWXZ";

    public string Value { get; } = Randomness.Token("dc");

    public string UserCode { get; } = RandomNumberGenerator.GetString(Characters, 4) + "-" + RandomNumberGenerator.GetString(Characters, 4);

    public TestClient Client { get; } = client;

    public RequestedAccess Access { get; } = access;

    public DateTimeOffset ExpiresAt { get; set; } = expiresAt;

    /// <summary>The minimum time between two polls, which grows with each slow_down.</summary>
    public TimeSpan Interval { get; set; } = interval;

    public DateTimeOffset? PolledAt { get; set; }

    /// <summary>The grant of the user who approved; null before.</summary>
    public IssuedGrant? Grant { get; set; }

    public bool IsDenied { get; set; }

    public bool IsRedeemed { get; set; }
}
