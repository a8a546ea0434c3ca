using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace OAuthClient.Testing;

/// <summary>One request as it arrived at a test server, kept whether or not it was answered.</summary>
public sealed class RecordedRequest
{
    private volatile int _responseStatus;

    internal RecordedRequest(
        TestEndpoint endpoint,
        string method,
        string path,
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

    /// <summary>The endpoint it was for.</summary>
    public TestEndpoint Endpoint { get; }

    /// <summary>The HTTP method, as sent.</summary>
    public string Method { get; }

    /// <summary>The path, decoded, from the first slash.</summary>
    public string Path { get; }

    /// <summary>The raw query with its leading question mark; empty when there was none.</summary>
    public string QueryString { get; }

    /// <summary>The decoded query parameters; those of a repeated name are joined by commas (see <see cref="QueryValues"/>).</summary>
    public IReadOnlyDictionary<string, string> Query { get; }

    /// <summary>The headers, by name without regard to case; those of a repeated name are joined by commas.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>The body, read as UTF-8; empty when there was none.</summary>
    public string Body { get; }

    /// <summary>The decoded fields of a URL-encoded form body; those of a repeated name are joined by commas (see <see cref="FormValues"/>).</summary>
    public IReadOnlyDictionary<string, string> Form { get; }

    /// <summary>When it arrived, on the server's <see cref="TestAuthorizationServerOptions.TimeProvider"/>.</summary>
    public DateTimeOffset ReceivedAt { get; }

    /// <summary>The certificate the client presented, at an address of <c>mtls_endpoint_aliases</c> (RFC 8705 §5); <see langword="null"/> at all others.</summary>
    public X509Certificate2? ClientCertificate { get; }

    /// <summary>The status code that was answered; <see langword="null"/> while there is no answer, and for ever when the connection was reset.</summary>
    public int? ResponseStatus => _responseStatus is 0 ? null : _responseStatus;

    internal FormParameters QueryParameters { get; }

    internal FormParameters FormParameters { get; }

    internal bool HasForm { get; }

    /// <summary>Every value of one query parameter, in the order sent.</summary>
    /// <param name="name">The parameter's name; case matters.</param>
    /// <returns>The values; empty when the parameter was not sent.</returns>
    public IReadOnlyList<string> QueryValues(string name) => QueryParameters.All(name);

    /// <summary>Every value of one form field, in the order sent.</summary>
    /// <param name="name">The field's name; case matters.</param>
    /// <returns>The values; empty when the field was not sent.</returns>
    public IReadOnlyList<string> FormValues(string name) => FormParameters.All(name);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Method} {Path} ({Endpoint}) {(ResponseStatus is { } status ? status : "unanswered")}"
        );

    internal void Answered(int status) => _responseStatus = status;

    internal string? Header(string name) => Headers.GetValueOrDefault(name);
}
