namespace OAuthClient.Tests.DPoP;

/// <summary>The proofs of a client that requests bearer tokens unless the test says otherwise.</summary>
internal static class SampleProofs
{
    public static DPoPKeyProvider Keys(TimeProvider? time = null, Action<OAuthClientOptions>? options = null)
    {
        var configuration = SampleConfiguration.Create(options ?? (_ => { }));
        return new(() => configuration, time ?? TimeProvider.System);
    }

    public static DPoPProofs Create(TimeProvider? time = null) => new(Keys(time), time ?? TimeProvider.System);
}
