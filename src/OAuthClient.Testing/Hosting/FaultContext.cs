using Microsoft.AspNetCore.Http;

namespace OAuthClient.Testing;

/// <summary>One request and the answer to it: what a fault may play with.</summary>
internal sealed class FaultContext(
    HttpContext http,
    RecordedRequest request,
    Func<RecordedRequest, CancellationToken, Task<Reply>> endpoint,
    TimeProvider clock,
    CancellationToken gone
)
{
    public TimeProvider Clock { get; } = clock;

    /// <summary>Cancelled when the client has hung up or the server stops.</summary>
    public CancellationToken Gone { get; } = gone;

    /// <summary>Does what the endpoint does, tokens spent and all.</summary>
    public Task<Reply> WorkAsync() => endpoint(request, Gone);

    public async Task SendAsync(Reply reply)
    {
        Start(reply);
        http.Response.ContentLength = reply.Body.Length;
        await WriteAsync(reply.Body);
        await http.Response.CompleteAsync();
    }

    /// <summary>Sends status and headers; the body follows in pieces, of unknown length unless one is given.</summary>
    public void Start(Reply reply, long? length = null)
    {
        request.Answered(reply.Status);
        HttpResponse response = http.Response;
        response.StatusCode = reply.Status;
        if (reply.ContentType is not null)
            response.ContentType = reply.ContentType;
        foreach ((string name, string value) in reply.Headers)
            response.Headers.Append(name, value);
        response.ContentLength = length;
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> piece)
    {
        if (!HttpMethods.IsHead(http.Request.Method) && !piece.IsEmpty)
            await http.Response.Body.WriteAsync(piece, Gone);
        await http.Response.Body.FlushAsync(Gone);
    }

    /// <summary>Cuts the connection without another byte.</summary>
    public void Reset() => http.Abort();
}
