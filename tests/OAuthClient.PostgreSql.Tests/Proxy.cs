using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>
/// A network between a node and its server: it counts round trips, loses answers, and can be cut. To cut it is to the server what the
/// death of the process is: its connections are gone.
/// </summary>
internal sealed class Proxy : IAsyncDisposable
{
    private readonly int serverPort;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Lock gate = new();
    private readonly HashSet<Link> links = [];
    private readonly Task accepting;
    private bool isCut;
    private string? lose;
    private int roundTrips;

    private Proxy(int serverPort)
    {
        this.serverPort = serverPort;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>How often clients sent something to be answered.</summary>
    public int RoundTrips => Volatile.Read(ref roundTrips);

    public string ConnectionString =>
        $"Host=127.0.0.1;Port={((IPEndPoint)listener.LocalEndpoint).Port};Username=postgres;Database=postgres;SSL Mode=Disable;GSS "
        + "Encryption Mode=Disable";

    public static async Task<Proxy> StartAsync() => new((await Cluster.RequireAsync()).Port);

    public static Proxy To(PostgresCluster cluster) => new(cluster.Port);

    /// <summary>The next statement with this text is carried out, but its answer is lost with the connection.</summary>
    public void LoseAnswerTo(string text) => lose = text;

    /// <summary>No connection is left, and none comes about.</summary>
    public void Cut()
    {
        lock (gate)
        {
            isCut = true;
            foreach (var link in links)
                link.Dispose();
            links.Clear();
        }
    }

    public void Mend()
    {
        lock (gate)
            isCut = false;
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        listener.Stop();
        await accepting;
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
                if (isCut)
                {
                    client.Dispose();
                    continue;
                }
                Link link = new(this, client);
                links.Add(link);
                link.Start();
            }
        }
    }

    private bool IsToBeLost(ReadOnlySpan<byte> message) =>
        lose is { } text && message.IndexOf(Encoding.UTF8.GetBytes(text)) >= 0 && Interlocked.CompareExchange(ref lose, null, text) == text;

    private sealed class Link(Proxy proxy, TcpClient client) : IDisposable
    {
        private readonly TcpClient server = new();
        private volatile bool isDoomed;

        public void Start()
        {
            // Cut, it is cut off: the other side shall not take it for an end in order.
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
                await Task.WhenAny(RequestsAsync(), AnswersAsync());
            }
            catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
            {
                // Cut, or the server is away.
            }
            Dispose();
            lock (proxy.gate)
                proxy.links.Remove(this);
        }

        private async Task RequestsAsync()
        {
            byte[] buffer = new byte[64 * 1024];
            List<byte> unread = [];
            bool isStarted = false;
            while (await client.GetStream().ReadAsync(buffer) is > 0 and var length)
            {
                unread.AddRange(buffer.AsSpan(0, length));
                bool isAwaited = false;
                // The start has no letter in front.
                for (int head = isStarted ? 1 : 0; unread.Count >= head + 4; head = 1)
                {
                    int size = head + BinaryPrimitives.ReadInt32BigEndian(unread.GetRange(head, 4).ToArray());
                    if (unread.Count < size)
                        break;
                    byte[] message = [.. unread.GetRange(0, size)];
                    unread.RemoveRange(0, size);
                    isAwaited |= isStarted && message[0] is (byte)'S' or (byte)'Q';
                    isDoomed |= isStarted && proxy.IsToBeLost(message);
                    isStarted = true;
                }
                // However many are in it, they are answered in one go.
                if (isAwaited)
                    Interlocked.Increment(ref proxy.roundTrips);
                await server.GetStream().WriteAsync(buffer.AsMemory(0, length));
            }
        }

        private async Task AnswersAsync()
        {
            byte[] buffer = new byte[64 * 1024];
            List<byte> withheld = [];
            while (await server.GetStream().ReadAsync(buffer) is > 0 and var length)
            {
                if (!isDoomed)
                {
                    await client.GetStream().WriteAsync(buffer.AsMemory(0, length));
                    continue;
                }
                // Ready for the next query: what was asked for is done.
                withheld.AddRange(buffer.AsSpan(0, length));
                if (withheld is [.., (byte)'Z', 0, 0, 0, 5, _])
                    return;
            }
        }
    }
}
