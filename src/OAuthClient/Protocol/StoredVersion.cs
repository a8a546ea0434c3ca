using System.Globalization;

namespace OAuthClient;

/// <summary>The version of stored JSON, which is read before the other members.</summary>
internal sealed class StoredVersion
{
    public int? Version { get; init; }

    /// <summary>Verifies that this version of the library can read the data.</summary>
    /// <param name="version">The version of the data; <see langword="null"/> if it has none.</param>
    /// <param name="current">The version that this library version writes, and the only one that it reads.</param>
    /// <param name="what">The kind of data, for the message.</param>
    /// <exception cref="OAuthException">The version differs.</exception>
    public static void Validate(int? version, int current, string what)
    {
        if (version == current)
            return;
        throw new OAuthException(
            version > current
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The stored {what} has format version {version}, which a newer version of OAuthClient wrote. "
                        + $"This version reads {current}. The data was not changed; update the package on this node."
                )
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"The data is not a stored {what} of format version {current}, which is the only one that this version of OAuthClient "
                        + $"reads."
                )
        );
    }
}
