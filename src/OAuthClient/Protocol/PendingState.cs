using System.Security.Cryptography;

namespace OAuthClient;

/// <summary>Protects and restores what waits for the browser, such as a pending authorization, outside of the application.</summary>
internal static class PendingState
{
    /// <summary>Decrypts and deserializes data.</summary>
    /// <param name="data">The protected data.</param>
    /// <param name="unprotect">The application's function that decrypts the data and detects changes.</param>
    /// <param name="deserialize">Deserializes the decrypted data.</param>
    /// <param name="what">The kind of data, for the message.</param>
    /// <returns>The object.</returns>
    /// <exception cref="OAuthProtocolException">The data were changed, or are of another kind.</exception>
    public static T Unprotect<T>(byte[] data, Func<byte[], byte[]> unprotect, Func<byte[], T> deserialize, string what)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(unprotect);
        try
        {
            return deserialize(unprotect(data));
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or ArgumentException or FormatException)
        {
            throw new OAuthProtocolException($"The data are not a pending {what}, or were changed; begin a new one.", exception);
        }
    }

    /// <summary>Serializes and encrypts data.</summary>
    /// <param name="pending">The object.</param>
    /// <param name="protect">The application's function that encrypts and authenticates the data.</param>
    /// <param name="serialize">Serializes the object.</param>
    /// <returns>The protected data.</returns>
    public static byte[] Protect<T>(T pending, Func<byte[], byte[]> protect, Func<T, byte[]> serialize)
    {
        ArgumentNullException.ThrowIfNull(protect);
        return protect(serialize(pending));
    }
}
