using System.Globalization;

namespace OAuthClient;

/// <summary>The version of stored JSON, which is read before anything else of it.</summary>
internal sealed class StoredVersion
{
    public int? Version { get; init; }

    /// <summary>Checks that this build can read the data.</summary>
    /// <param name="version">The version of the data; <see langword="null"/> when they have none.</param>
    /// <param name="current">The version that this build writes, and the only one that it reads.</param>
    /// <param name="what">The kind of data, for the message.</param>
    /// <exception cref="OAuthException">The version is another one.</exception>
    public static void Validate(int? version, int current, string what)
    {
        if (version == current)
            return;
        throw new OAuthException(
            version > current
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The stored {what} is of version {version}, which a newer version of OAuthClient wrote; "
                        + $"this one reads version {current}. The data stay in the store: update the package on this node."
                )
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"The data are not a stored {what} of version {current}, which is the one that this version of OAuthClient reads."
                )
        );
    }
}
