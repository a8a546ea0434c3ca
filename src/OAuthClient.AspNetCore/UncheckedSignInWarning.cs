using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Says once that users sign in by an OAuth client, and that the application's cookie would outlive the sign-in.</summary>
internal sealed class UncheckedSignInWarning(IServiceProvider services, IOptions<RejectEndedSignInsOptions> options, ILoggerFactory loggers)
{
    private int isDone;

    /// <summary>Called when a user has signed in.</summary>
    public async ValueTask LogOnceAsync(string clientName)
    {
        if (Volatile.Read(ref isDone) != 0)
            return;
        if (services.GetService(typeof(IAuthenticationSchemeProvider)) is not IAuthenticationSchemeProvider schemes)
            return;
        if (await UncheckedAsync(schemes).ConfigureAwait(false) is { } scheme && Interlocked.Exchange(ref isDone, 1) == 0)
            Log.EndedSignInsNotRejected(loggers.CreateLogger(Log.Category), clientName, scheme.Name);
    }

    // An application without a default scheme names one each time. It is not known here which, so one that is checked is enough.
    private async ValueTask<AuthenticationScheme?> UncheckedAsync(IAuthenticationSchemeProvider schemes)
    {
        if (await schemes.GetDefaultSignInSchemeAsync().ConfigureAwait(false) is { } usual)
            return RejectEndedSignInsOptions.IsCookieScheme(usual) && !options.Value.Includes(usual.Name) ? usual : null;
        var cookies = (await schemes.GetAllSchemesAsync().ConfigureAwait(false)).Where(RejectEndedSignInsOptions.IsCookieScheme).ToList();
        return cookies.Exists(scheme => options.Value.Includes(scheme.Name)) ? null : cookies.FirstOrDefault();
    }
}
