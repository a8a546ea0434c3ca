using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// A value that must not be seen: it prints as <c>[redacted]</c>, compares in constant time, and refuses to be
/// serialised as JSON. Only <see cref="Reveal"/> gives the value.
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

    /// <summary>The value itself. Whoever calls this answers for where it goes.</summary>
    public string Reveal() => value;

    /// <summary>Always <c>[redacted]</c>.</summary>
    public sealed override string ToString() => Redacted;

    /// <summary>Whether both are secrets of the same kind with the same value; takes the same time wherever they differ.</summary>
    /// <param name="other">The secret to compare with.</param>
    public bool Equals(Secret? other) => other is not null && other.GetType() == GetType() && SameText(value, other.value);

    /// <summary>The same as <see cref="Equals(Secret)"/>.</summary>
    /// <param name="one">A secret.</param>
    /// <param name="other">Another.</param>
    public static bool operator ==(Secret? one, Secret? other) => one is null ? other is null : one.Equals(other);

    /// <summary>The opposite of <see cref="Equals(Secret)"/>.</summary>
    /// <param name="one">A secret.</param>
    /// <param name="other">Another.</param>
    public static bool operator !=(Secret? one, Secret? other) => !(one == other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc/>
    public sealed override int GetHashCode() => value.GetHashCode(StringComparison.Ordinal);

    /// <summary>Constant-time equality of two texts of the same length.</summary>
    internal static bool SameText(string? one, string? other) =>
        one is not null
        && other is not null
        && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(one.AsSpan()), MemoryMarshal.AsBytes(other.AsSpan()));
}
