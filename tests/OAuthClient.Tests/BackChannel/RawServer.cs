using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OAuthClient.Tests;

/// <summary>Sends the same bytes for every request and closes the connection, for responses that no web server can produce.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly byte[] answer;
    private readonly Task serving;
    private int requests;

    public RawServer(byte[] answer)
    {
        this.answer = answer;
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        serving = ServeAsync();
    }

    public RawServer(string head, byte[] body)
        : this([.. Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n") + "\r\n\r\n"), .. body]) { }

    public Uri Address { get; }

    public int Requests => Volatile.Read(ref requests);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await serving;
        stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                using var connection = await listener.AcceptTcpClientAsync(stopping.Token);
                await AnswerAsync(connection.GetStream());
            }
        }
        catch (Exception exception)
            when (stopping.IsCancellationRequested
                && exception is OperationCanceledException or InvalidOperationException or SocketException
            )
        {
            // The listener throws one of these exceptions when it is stopped.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        try
        {
            await ReadRequestAsync(stream);
            Interlocked.Increment(ref requests);
            await stream.WriteAsync(answer, stopping.Token);
        }
        catch (IOException)
        {
            // The client closed the connection.
        }
    }

    private async Task ReadRequestAsync(NetworkStream stream)
    {
        StringBuilder read = new();
        byte[] buffer = new byte[4096];
        while (!IsComplete(read.ToString()))
        {
            int count = await stream.ReadAsync(buffer, stopping.Token);
            if (count == 0)
                throw new IOException("The client closed the connection.");
            read.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
    }

    private static bool IsComplete(string request)
    {
        int end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;
        string? length = request[..end]
            .Split("\r\n")
            .FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        return length is null
            || request.Length >= end + 4 + int.Parse(length["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
