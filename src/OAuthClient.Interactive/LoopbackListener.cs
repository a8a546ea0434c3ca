using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OAuthClient.Interactive;

/// <summary>
/// Listens on one port of the loopback address. Each connection carries one request. Requests are read, judged and refused concurrently and
/// within limits, so that a slow or endless one does not delay the callback.
/// </summary>
internal sealed class LoopbackListener : IAsyncDisposable
{
    private const int MaximumConnections = 256;

    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(5);

    private readonly TcpListener listener;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopped = new();
    private readonly TaskCompletionSource<LoopbackExchange> callback = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Those whose request is being read, the oldest first.
    private readonly LinkedList<NetworkStream> connections = [];
    private Task accepting = Task.CompletedTask;

    private LoopbackListener(TcpListener listener, TimeProvider time)
    {
        (this.listener, this.time) = (listener, time);
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
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

    /// <summary>Starts to read requests.</summary>
    /// <param name="find">Returns the response of a callback, or why the request is refused.</param>
    public void Accept(Func<LoopbackRequest?, (AuthorizationResponse? Response, LoopbackReply Refusal)> find) =>
        accepting = AcceptAsync(find);

    /// <summary>Waits for the callback. The caller responds and disposes of it.</summary>
    public Task<LoopbackExchange> ReceiveAsync(CancellationToken cancellationToken) => callback.Task.WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync().ConfigureAwait(false);
        listener.Dispose();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!callback.TrySetCanceled(stopped.Token))
            (await callback.Task.ConfigureAwait(false)).Dispose();
        stopped.Dispose();
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private async Task AcceptAsync(Func<LoopbackRequest?, (AuthorizationResponse? Response, LoopbackReply Refusal)> find)
    {
        while (!stopped.IsCancellationRequested)
        {
            try
            {
                _ = ReadAsync(await listener.AcceptSocketAsync(stopped.Token).ConfigureAwait(false), find);
            }
            catch (SocketException) when (!stopped.IsCancellationRequested)
            {
                // The other side ended the connection before it was accepted.
            }
        }
    }

    private async Task ReadAsync(Socket socket, Func<LoopbackRequest?, (AuthorizationResponse? Response, LoopbackReply Refusal)> find)
    {
        NetworkStream connection = new(socket, ownsSocket: true);
        Add(connection);
        bool isCallback = false;
        try
        {
            using CancellationTokenSource timeout = new(ReadTimeout, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopped.Token);
            var (response, refusal) = find(await LoopbackRequest.ReadAsync(connection, linked.Token).ConfigureAwait(false));
            if (response is null)
                await refusal.SendAsync(connection, linked.Token).ConfigureAwait(false);
            else
                isCallback = callback.TrySetResult(new(response, connection));
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // A request that is not received in time, or whose connection ends, is no callback.
        }
        finally
        {
            Remove(connection, isCallback);
        }
    }

    // A connection beyond the limit ends the oldest one: a browser sends its request as soon as it is connected.
    private void Add(NetworkStream connection)
    {
        NetworkStream? oldest = null;
        lock (connections)
        {
            connections.AddLast(connection);
            if (connections.Count > MaximumConnections)
            {
                oldest = connections.First!.Value;
                connections.RemoveFirst();
            }
        }
        oldest?.Dispose();
    }

    private void Remove(NetworkStream connection, bool isCallback)
    {
        lock (connections)
            connections.Remove(connection);
        if (!isCallback)
            connection.Dispose();
    }
}
