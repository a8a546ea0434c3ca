using System.Net.Http.Headers;

namespace OAuthClient;

/// <summary>
/// Compares the <c>Host</c> header of a request (RFC 9110 §7.2) with its address. The raw values are compared, because .NET also sends a
/// value that <see cref="HttpRequestHeaders.Host"/> cannot parse, and more than one value.
/// </summary>
internal static class HostHeader
{
    private const string Name = "Host";

    /// <summary>Determines whether the header is absent, or has one value that is the host and port of the address.</summary>
    public static bool Names(HttpRequestHeaders headers, Uri address) =>
        !headers.NonValidated.TryGetValues(Name, out var values) || (values.Count == 1 && Is(values.ToString(), address.Authority));

    /// <summary>
    /// Determines whether the header has one value that is the name of a service, as set by a handler that resolves the name.
    /// </summary>
    /// <param name="headers">The request's headers.</param>
    /// <param name="service">
    /// The address before the name was resolved. Its host may begin with the name of an endpoint, as in <c>_grpc.photos-api</c>.
    /// </param>
    public static bool NamesService(HttpRequestHeaders headers, Uri service)
    {
        if (!headers.NonValidated.TryGetValues(Name, out var values) || values.Count != 1)
            return false;
        string host = values.ToString();
        string name = service.Host;
        int endpoint = name.StartsWith('_') ? name.IndexOf('.', StringComparison.Ordinal) + 1 : 0;
        return Is(host, service.Authority) || Is(host, name) || (endpoint > 0 && Is(host, name[endpoint..]));
    }

    /// <summary>
    /// Gets the address as the API sees it: with the host of the header, if there is one (RFC 9110 §7.1).
    /// </summary>
    public static Uri TargetOf(HttpRequestMessage request) =>
        request.Headers.NonValidated.TryGetValues(Name, out var values)
        && request.RequestUri is var address
        && !Is(values.ToString(), address!.Authority)
        && Uri.TryCreate($"{address.Scheme}{Uri.SchemeDelimiter}{values}{address.PathAndQuery}", UriKind.Absolute, out var target)
            ? target
            : request.RequestUri!;

    private static bool Is(string host, string other) => string.Equals(host, other, StringComparison.OrdinalIgnoreCase);
}
