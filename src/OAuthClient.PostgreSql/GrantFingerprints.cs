using System.Buffers.Text;

namespace OAuthClient.PostgreSql;

/// <summary>A grant's fingerprints as they lie in its row.</summary>
internal readonly record struct GrantFingerprints(byte[]? Subject, byte[]? Session)
{
    public static GrantFingerprints Of(Grant grant) => new(Bytes(grant.SubjectFingerprint), Bytes(grant.SessionFingerprint));

    public static byte[]? Bytes(string? fingerprint) => fingerprint is null ? null : Base64Url.DecodeFromChars(fingerprint);
}
