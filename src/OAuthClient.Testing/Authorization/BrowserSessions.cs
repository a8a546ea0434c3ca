using System.Collections.Concurrent;
using System.Globalization;

namespace OAuthClient.Testing;

/// <summary>Who is signed in where. Two cookies: one tells the browser again, for antiforgery; one is the session, new at each login.</summary>
internal sealed class BrowserSessions(int port)
{
    // Cookies do not keep ports apart (RFC 6265 §8.5), and two servers may run at once.
    private readonly string _browserCookie = string.Create(CultureInfo.InvariantCulture, $"test-browser-{port}");
    private readonly string _sessionCookie = string.Create(CultureInfo.InvariantCulture, $"test-session-{port}");
    private readonly ConcurrentDictionary<string, BrowserSession> _sessions = new(StringComparer.Ordinal);

    public string? Browser(RecordedRequest request) => Cookie(request, _browserCookie);

    public BrowserSession? Find(RecordedRequest request) =>
        Cookie(request, _sessionCookie) is { } id ? _sessions.GetValueOrDefault(id) : null;

    public Reply Remember(Reply reply, string browser) => reply.With("Set-Cookie", SetCookie(_browserCookie, browser));

    /// <summary>Starts a session under a cookie nobody could have planted. When the same user comes again it is still the same session to clients, and consents stay.</summary>
    public (BrowserSession Session, string SetCookie) SignIn(RecordedRequest request, TestUser user, DateTimeOffset now)
    {
        BrowserSession? old =
            Cookie(request, _sessionCookie) is { } oldId
            && _sessions.TryRemove(oldId, out BrowserSession? found)
            && found.User.Subject == user.Subject
                ? found
                : null;
        BrowserSession session = new(user, now, old?.Id ?? Randomness.Token("sid"));
        if (old is not null)
            session.Continue(old);
        string id = Randomness.Token();
        _sessions[id] = session;
        return (session, SetCookie(_sessionCookie, id));
    }

    public BrowserSession? FindById(string sessionId) => _sessions.Values.FirstOrDefault(session => session.Id == sessionId);

    public void End(BrowserSession session)
    {
        foreach (var known in _sessions.Where(known => known.Value == session))
            _sessions.TryRemove(known);
    }

    public void ForgetConsents()
    {
        foreach (BrowserSession session in _sessions.Values)
            session.ForgetConsents();
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
