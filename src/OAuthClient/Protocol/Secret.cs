using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// A secret value. It prints as <c>[redacted]</c>, is compared in constant time, and cannot be serialized as JSON. Only
/// <see cref="Reveal"/> returns the value.
/// </summary>
[DebuggerDisplay("[redacted]")]
[JsonConverter(typeof(NonSerializableJsonConverter<Secret>))]
public abstract class Secret : IEquatable<Secret>
{
    internal const string Redacted = "[redacted]";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly string value;

    private protected Secret(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        this.value = value;
    }

    /// <summary>Returns the value. The caller is responsible for keeping it secret.</summary>
    /// <returns>The value.</returns>
    public string Reveal() => value;

    /// <summary>Returns a text that does not contain the value.</summary>
    /// <returns>Always <c>[redacted]</c>.</returns>
    public sealed override string ToString() => Redacted;

    /// <summary>
    /// Determines whether two secrets have the same type and the same value. The time does not depend on the position of a difference.
    /// </summary>
    /// <param name="other">The secret to compare with.</param>
    /// <returns><see langword="true"/> if they have; otherwise <see langword="false"/>.</returns>
    public bool Equals(Secret? other) => other is not null && other.GetType() == GetType() && SameText(value, other.value);

    /// <summary>Determines whether two secrets are equal, as <see cref="Equals(Secret)"/> does.</summary>
    /// <param name="one">The first secret.</param>
    /// <param name="other">The second secret.</param>
    /// <returns><see langword="true"/> if they are equal or both <see langword="null"/>; otherwise <see langword="false"/>.</returns>
    public static bool operator ==(Secret? one, Secret? other) => one is null ? other is null : one.Equals(other);

    /// <summary>Determines whether two secrets differ, as <see cref="Equals(Secret)"/> compares them.</summary>
    /// <param name="one">The first secret.</param>
    /// <param name="other">The second secret.</param>
    /// <returns><see langword="true"/> if they differ; otherwise <see langword="false"/>.</returns>
    public static bool operator !=(Secret? one, Secret? other) => !(one == other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc/>
    public sealed override int GetHashCode() => value.GetHashCode(StringComparison.Ordinal);

    /// <summary>Determines whether two texts are equal, in a time that depends only on their length.</summary>
    internal static bool SameText(string? one, string? other) =>
        one is not null
        && other is not null
        && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(one.AsSpan()), MemoryMarshal.AsBytes(other.AsSpan()));
}
