namespace OAuthClient;

internal sealed partial class OAuthClientOptionsValidator
{
    private static readonly TimeSpan MinimumKeyLifetime = TimeSpan.FromMinutes(1);

    private static IEnumerable<string> FindDPoPFailures(OAuthClientOptions o)
    {
        if (o.DPoP.KeyLifetime < MinimumKeyLifetime)
            yield return "DPoP.KeyLifetime must be at least one minute.";
        if (o.DPoP.KeyPerGrant && o.DPoPSigner is not null)
            yield return "DPoP.KeyPerGrant is set, but UseDPoPSigner sets one key for all grants; remove one of the two.";
        if (o.DPoP.KeyPerGrant && !o.BindsTokensToKey)
            yield return "DPoP.KeyPerGrant is set, but DPoP.Enabled is not; set it, or remove KeyPerGrant.";
    }
}
