using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace OAuthClient.Testing;

/// <summary>Represents a request that a test server received, whether or not it was answered.</summary>
public sealed class RecordedRequest
{
    private volatile int _responseStatus;

    internal RecordedRequest(
        TestEndpoint endpoint,
        string method,
        string path,
        Uri address,
        string queryString,
        IReadOnlyDictionary<string, string> headers,
        string body,
        DateTimeOffset receivedAt,
        X509Certificate2? clientCertificate
    )
    {
        Endpoint = endpoint;
        Method = method;
        Path = path;
        Address = address;
        QueryString = queryString;
        Headers = headers;
        Body = body;
        ReceivedAt = receivedAt;
        ClientCertificate = clientCertificate;
        QueryParameters = FormParameters.Parse(queryString);
        HasForm =
            headers.TryGetValue("Content-Type", out string? contentType)
            && contentType.Split(';')[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
        FormParameters = HasForm ? FormParameters.Parse(body) : FormParameters.None;
        Query = QueryParameters.Joined();
        Form = FormParameters.Joined();
    }

    /// <summary>Gets the endpoint that received the request.</summary>
    public TestEndpoint Endpoint { get; }

    /// <summary>Gets the HTTP method as sent.</summary>
    public string Method { get; }

    /// <summary>Gets the decoded path, including the leading slash.</summary>
    public string Path { get; }

    /// <summary>Gets the raw query, including the leading question mark; empty if there was none.</summary>
    public string QueryString { get; }

    /// <summary>
    /// Gets the decoded query parameters. The values of a repeated parameter are joined by commas; see <see cref="QueryValues"/>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Query { get; }

    /// <summary>Gets the headers. Names are case-insensitive. The values of a repeated header are joined by commas.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>Gets the body, decoded as UTF-8; empty if there was none.</summary>
    public string Body { get; }

    /// <summary>
    /// Gets the decoded fields of a URL-encoded form. The values of a repeated field are joined by commas; see <see cref="FormValues"/>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Form { get; }

    /// <summary>Gets the time of arrival according to <see cref="TestAuthorizationServerOptions.TimeProvider"/>.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>
    /// Gets the client certificate of a request to an address in <c>mtls_endpoint_aliases</c> (RFC 8705 §5); otherwise,
    /// <see langword="null"/>.
    /// </summary>
    public X509Certificate2? ClientCertificate { get; }

    /// <summary>
    /// Gets the status code of the response; <see langword="null"/> while there is no response, or if the connection was reset.
    /// </summary>
    public int? ResponseStatus => _responseStatus is 0 ? null : _responseStatus;

    /// <summary>The address as sent, without the query, at the port that received the request.</summary>
    internal Uri Address { get; }

    internal FormParameters QueryParameters { get; }

    internal FormParameters FormParameters { get; }

    internal bool HasForm { get; }

    /// <summary>Returns every value of a query parameter, in the order sent.</summary>
    /// <param name="name">The case-sensitive name of the parameter.</param>
    /// <returns>The values; empty if the parameter was not sent.</returns>
    public IReadOnlyList<string> QueryValues(string name) => QueryParameters.All(name);

    /// <summary>Returns every value of a form field, in the order sent.</summary>
    /// <param name="name">The case-sensitive name of the field.</param>
    /// <returns>The values; empty if the field was not sent.</returns>
    public IReadOnlyList<string> FormValues(string name) => FormParameters.All(name);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Method} {Path} ({Endpoint}) {(ResponseStatus is { } status ? status : "unanswered")}"
        );

    internal void SetResponseStatus(int status) => _responseStatus = status;

    internal string? Header(string name) => Headers.GetValueOrDefault(name);
}
