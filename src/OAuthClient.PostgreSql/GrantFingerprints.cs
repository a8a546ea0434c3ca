using System.Buffers.Text;

namespace OAuthClient.PostgreSql;

/// <summary>Represents the fingerprint columns of a grant's row.</summary>
internal readonly record struct GrantFingerprints(byte[]? Subject, byte[]? Session)
{
    public static GrantFingerprints Of(Grant grant) => new(Bytes(grant.SubjectFingerprint), Bytes(grant.SessionFingerprint));

    public static byte[]? Bytes(string? fingerprint) => fingerprint is null ? null : Base64Url.DecodeFromChars(fingerprint);
}
