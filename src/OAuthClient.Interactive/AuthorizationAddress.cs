using System.Buffers;
using System.Globalization;
using System.Text;

namespace OAuthClient.Interactive;

/// <summary>Checks the address at which the browser is opened. Its host and path come from the metadata of the server.</summary>
internal static class AuthorizationAddress
{
    // A launcher can be a script, or pass the address to one. Uri leaves characters such as $ ( ) ' ; as they are.
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@=&%+,"u8
    );

    /// <summary>
    /// Requires that an address is one of the web: the system would start other programs for other addresses. Percent-encodes the
    /// characters that a shell could evaluate.
    /// </summary>
    /// <exception cref="OAuthException">The address is not https, and not http on this machine.</exception>
    public static Uri Checked(Uri address) =>
        address.IsAbsoluteUri
        && !address.IsUnc
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? new(Escape(address))
            : throw new OAuthException(
                $"The authorization endpoint of the server has the scheme '{address.Scheme}'; a browser is opened at https addresses "
                    + "only, and at http on this machine."
            );

    private static string Escape(Uri address)
    {
        var ascii = address.HostNameType == UriHostNameType.Dns ? new UriBuilder(address) { Host = address.IdnHost }.Uri : address;
        StringBuilder escaped = new();
        foreach (byte value in Encoding.UTF8.GetBytes(ascii.AbsoluteUri))
        {
            if (Plain.Contains(value))
                escaped.Append((char)value);
            else
                escaped.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }
        return escaped.ToString();
    }
}
