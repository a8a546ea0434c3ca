using System.Collections.Concurrent;
using System.Globalization;

namespace OAuthClient.Testing;

/// <summary>
/// The sessions of all browsers. One cookie identifies the browser for antiforgery; another identifies the session and is renewed at each
/// login.
/// </summary>
internal sealed class BrowserSessions(int port)
{
    // Cookies are not isolated by port (RFC 6265 §8.5), and several servers can run at once.
    private readonly string _browserCookie = string.Create(CultureInfo.InvariantCulture, $"test-browser-{port}");
    private readonly string _sessionCookie = string.Create(CultureInfo.InvariantCulture, $"test-session-{port}");
    private readonly ConcurrentDictionary<string, BrowserSession> _sessions = new(StringComparer.Ordinal);

    public string? Browser(RecordedRequest request) => Cookie(request, _browserCookie);

    public BrowserSession? Find(RecordedRequest request) =>
        Cookie(request, _sessionCookie) is { } id ? _sessions.GetValueOrDefault(id) : null;

    public Reply WithBrowserCookie(Reply reply, string browser) => reply.With("Set-Cookie", SetCookie(_browserCookie, browser));

    /// <summary>
    /// Starts a session with a new cookie value, which prevents session fixation. If the same user signs in again, the session identifier
    /// and the consents are kept.
    /// </summary>
    public (BrowserSession Session, string SetCookie) SignIn(RecordedRequest request, TestUser user, DateTimeOffset now)
    {
        BrowserSession? previous =
            Cookie(request, _sessionCookie) is { } previousId
            && _sessions.TryRemove(previousId, out BrowserSession? found)
            && found.User.Subject == user.Subject
                ? found
                : null;
        BrowserSession session = new(user, now, previous?.Id ?? Randomness.Token("sid"));
        if (previous is not null)
            session.CopyFrom(previous);
        string id = Randomness.Token();
        _sessions[id] = session;
        return (session, SetCookie(_sessionCookie, id));
    }

    public BrowserSession? FindById(string sessionId) => _sessions.Values.FirstOrDefault(session => session.Id == sessionId);

    public void End(BrowserSession session)
    {
        foreach (var entry in _sessions.Where(entry => entry.Value == session))
            _sessions.TryRemove(entry);
    }

    public void ClearConsents()
    {
        foreach (BrowserSession session in _sessions.Values)
            session.ClearConsents();
    }

    private static string SetCookie(string name, string value) => $"{name}={value}; Path=/; HttpOnly; SameSite=Lax";

    private static string? Cookie(RecordedRequest request, string name)
    {
        foreach (string pair in (request.Header("Cookie") ?? "").Split([';', ','], StringSplitOptions.TrimEntries))
        {
            if (pair.StartsWith(name + "=", StringComparison.Ordinal))
                return pair[(name.Length + 1)..];
        }

        return null;
    }
}
