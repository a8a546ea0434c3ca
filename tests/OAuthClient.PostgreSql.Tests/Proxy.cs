using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>
/// A TCP proxy between a node and its server. It counts round trips, drops responses and can be disconnected. To the server, a
/// disconnection looks like the end of the process, because its connections are closed.
/// </summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly int serverPort;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Lock gate = new();
    private readonly HashSet<ProxiedConnection> connections = [];
    private readonly Task acceptLoop;
    private bool isDisconnected;
    private string? dropResponseTo;
    private Func<byte[], bool>? counted;
    private int count;
    private int roundTrips;

    private Proxy(int serverPort)
    {
        this.serverPort = serverPort;
        listener.Start();
        acceptLoop = AcceptAsync();
    }

    /// <summary>Gets the number of requests that expect a response.</summary>
    public int RoundTrips => Volatile.Read(ref roundTrips);

    public string ConnectionString =>
        $"Host=127.0.0.1;Port={((IPEndPoint)listener.LocalEndpoint).Port};Username=postgres;Database=postgres;SSL Mode=Disable;GSS "
        + "Encryption Mode=Disable";

    public static async Task<Proxy> StartAsync() => new((await Cluster.RequireAsync()).Port);

    public static Proxy To(PostgresCluster cluster) => new(cluster.Port);

    /// <summary>Closes the connection instead of sending the response to the next statement that contains this text.</summary>
    public void DropResponseTo(string text) => dropResponseTo = text;

    /// <summary>Starts to count the messages of the node that fulfil a condition. The first byte of a message is its type.</summary>
    public void StartCounting(Func<byte[], bool> condition) => (counted, count) = (condition, 0);

    /// <summary>Gets the number of messages since <see cref="StartCounting"/>.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Closes all connections and refuses new ones.</summary>
    public void Disconnect()
    {
        lock (gate)
        {
            isDisconnected = true;
            foreach (var connection in connections)
                connection.Dispose();
            connections.Clear();
        }
    }

    public void Restore()
    {
        lock (gate)
            isDisconnected = false;
    }

    public async ValueTask DisposeAsync()
    {
        Disconnect();
        listener.Stop();
        await acceptLoop;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }
            lock (gate)
            {
                if (isDisconnected)
                {
                    client.Dispose();
                    continue;
                }
                ProxiedConnection connection = new(this, client);
                connections.Add(connection);
                connection.Start();
            }
        }
    }

    private bool ShouldDropResponse(ReadOnlySpan<byte> message) =>
        dropResponseTo is { } text
        && message.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0
        && Interlocked.CompareExchange(ref dropResponseTo, null, text) == text;

    private sealed class ProxiedConnection(Proxy proxy, TcpClient client) : IDisposable
    {
        private readonly TcpClient server = new();
        private volatile bool dropsResponse;

        public void Start()
        {
            // A linger time of zero resets the connection, so that the client does not see an orderly close.
            client.LingerState = new(true, 0);
            _ = RunAsync();
        }

        public void Dispose()
        {
            client.Dispose();
            server.Dispose();
        }

        private async Task RunAsync()
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, proxy.serverPort);
                client.NoDelay = server.NoDelay = true;
                await Task.WhenAny(ForwardRequestsAsync(), ForwardResponsesAsync());
            }
            catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
            {
                // The proxy was disconnected, or the server is not available.
            }
            Dispose();
            lock (proxy.gate)
                proxy.connections.Remove(this);
        }

        private async Task ForwardRequestsAsync()
        {
            byte[] buffer = new byte[64 * 1024];
            List<byte> unread = [];
            bool isStarted = false;
            while (await client.GetStream().ReadAsync(buffer) is > 0 and var length)
            {
                unread.AddRange(buffer.AsSpan(0, length));
                bool expectsResponse = false;
                // The startup message has no type byte.
                for (int head = isStarted ? 1 : 0; unread.Count >= head + 4; head = 1)
                {
                    int size = head + BinaryPrimitives.ReadInt32BigEndian(unread.GetRange(head, 4).ToArray());
                    if (unread.Count < size)
                        break;
                    byte[] message = [.. unread.GetRange(0, size)];
                    unread.RemoveRange(0, size);
                    if (isStarted && proxy.counted?.Invoke(message) == true)
                        Interlocked.Increment(ref proxy.count);
                    expectsResponse |= isStarted && message[0] is (byte)'S' or (byte)'Q';
                    dropsResponse |= isStarted && proxy.ShouldDropResponse(message);
                    isStarted = true;
                }
                // The messages of one read count as one round trip, because the server responds to them together.
                if (expectsResponse)
                    Interlocked.Increment(ref proxy.roundTrips);
                await server.GetStream().WriteAsync(buffer.AsMemory(0, length));
            }
        }

        private async Task ForwardResponsesAsync()
        {
            byte[] buffer = new byte[64 * 1024];
            List<byte> dropped = [];
            while (await server.GetStream().ReadAsync(buffer) is > 0 and var length)
            {
                if (!dropsResponse)
                {
                    await client.GetStream().WriteAsync(buffer.AsMemory(0, length));
                    continue;
                }
                // ReadyForQuery: the server has executed the statement.
                dropped.AddRange(buffer.AsSpan(0, length));
                if (dropped is [.., (byte)'Z', 0, 0, 0, 5, _])
                    return;
            }
        }
    }
}
