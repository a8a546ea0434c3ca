using Microsoft.AspNetCore.Http;

namespace OAuthClient.Testing;

/// <summary>The request and the response to which a fault applies.</summary>
internal sealed class FaultContext(
    HttpContext http,
    RecordedRequest request,
    Func<RecordedRequest, CancellationToken, Task<Reply>> endpoint,
    TimeProvider clock,
    CancellationToken requestAborted
)
{
    public RecordedRequest Request { get; } = request;

    public TimeProvider Clock { get; } = clock;

    /// <summary>Canceled when the client disconnects or the server stops.</summary>
    public CancellationToken RequestAborted { get; } = requestAborted;

    /// <summary>Processes the request at the endpoint, including its side effects.</summary>
    public Task<Reply> ExecuteAsync() => endpoint(Request, RequestAborted);

    public async Task SendAsync(Reply reply)
    {
        Start(reply);
        http.Response.ContentLength = reply.Body.Length;
        await WriteAsync(reply.Body);
        await http.Response.CompleteAsync();
    }

    /// <summary>Sends the status and the headers. The length of the body is unknown unless one is specified.</summary>
    public void Start(Reply reply, long? length = null)
    {
        Request.SetResponseStatus(reply.Status);
        HttpResponse response = http.Response;
        response.StatusCode = reply.Status;
        if (reply.ContentType is not null)
            response.ContentType = reply.ContentType;
        foreach ((string name, string value) in reply.Headers)
            response.Headers.Append(name, value);
        response.ContentLength = length;
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!HttpMethods.IsHead(http.Request.Method) && !bytes.IsEmpty)
            await http.Response.Body.WriteAsync(bytes, RequestAborted);
        await http.Response.Body.FlushAsync(RequestAborted);
    }

    /// <summary>Aborts the connection.</summary>
    public void Reset() => http.Abort();
}
