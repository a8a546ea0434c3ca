using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace OAuthClient.Interactive;

/// <summary>
/// Listens on one port of the loopback address. Each connection carries one request. Requests are read concurrently and within limits, so
/// that a slow or endless one does not delay the callback.
/// </summary>
internal sealed class LoopbackListener : IAsyncDisposable
{
    private const int MaximumConnections = 32;

    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    private readonly TcpListener listener;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopped = new();
    private readonly SemaphoreSlim free = new(MaximumConnections);
    private readonly Channel<LoopbackExchange> received = Channel.CreateUnbounded<LoopbackExchange>();
    private readonly Task accepting;

    private LoopbackListener(TcpListener listener, TimeProvider time)
    {
        (this.listener, this.time) = (listener, time);
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="address">The loopback address.</param>
    /// <param name="ports">The ports, of which the first free one is used; empty for any free port.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="OAuthException">No port is free.</exception>
    public static LoopbackListener Start(IPAddress address, IList<int> ports, TimeProvider time)
    {
        SocketException? last = null;
        foreach (int port in ports.DefaultIfEmpty(0))
        {
            // Without it, another program of this machine could listen on the same port and receive the code.
            TcpListener started = new(address, port) { ExclusiveAddressUse = true };
            try
            {
                started.Start();
                return new(started, time);
            }
            catch (SocketException exception)
            {
                last = exception;
                started.Dispose();
            }
        }
        throw new OAuthException(
            ports.Count == 0
                ? $"The program cannot listen on {address}: {last!.Message}. If IPv4 is turned off on this machine, set RedirectUri of "
                    + "BrowserSignInOptions to http://[::1]/callback."
                : $"No port of BrowserSignInOptions.Ports is free on {address} ({string.Join(", ", ports.Select(Text))}). End the program "
                    + "that uses them, or add other ports, which the server must have registered.",
            last
        );
    }

    /// <summary>Waits for the next request. The caller responds and disposes of it.</summary>
    public ValueTask<LoopbackExchange> ReceiveAsync(CancellationToken cancellationToken) => received.Reader.ReadAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync().ConfigureAwait(false);
        listener.Dispose();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        received.Writer.Complete();
        while (received.Reader.TryRead(out var exchange))
            exchange.Dispose();
        stopped.Dispose();
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private async Task AcceptAsync()
    {
        while (!stopped.IsCancellationRequested)
        {
            await free.WaitAsync(stopped.Token).ConfigureAwait(false);
            Socket socket;
            try
            {
                socket = await listener.AcceptSocketAsync(stopped.Token).ConfigureAwait(false);
            }
            catch (SocketException) when (!stopped.IsCancellationRequested)
            {
                // The other side ended the connection before it was accepted.
                free.Release();
                continue;
            }
            _ = ReadAsync(socket);
        }
    }

    private async Task ReadAsync(Socket socket)
    {
        NetworkStream connection = new(socket, ownsSocket: true);
        LoopbackExchange? exchange = null;
        try
        {
            using CancellationTokenSource timeout = new(ReadTimeout, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopped.Token);
            exchange = new(await LoopbackRequest.ReadAsync(connection, linked.Token).ConfigureAwait(false), connection);
            if (received.Writer.TryWrite(exchange))
                exchange = null;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // A request that is not received in time, or whose connection ends, is no callback.
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            exchange?.Dispose();
            free.Release();
        }
    }
}
