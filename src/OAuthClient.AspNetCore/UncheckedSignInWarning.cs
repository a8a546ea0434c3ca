using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Logs once that users sign in by an OAuth client while the application's cookie scheme does not reject ended sign-ins.</summary>
internal sealed class UncheckedSignInWarning(IServiceProvider services, IOptions<RejectEndedSignInsOptions> options, ILoggerFactory loggers)
{
    private int isLogged;

    /// <summary>Logs the warning if required. Called after a sign-in.</summary>
    public async ValueTask LogOnceAsync(string clientName)
    {
        if (Volatile.Read(ref isLogged) != 0)
            return;
        if (services.GetService(typeof(IAuthenticationSchemeProvider)) is not IAuthenticationSchemeProvider schemes)
            return;
        if (await FindUncheckedAsync(schemes).ConfigureAwait(false) is { } scheme && Interlocked.Exchange(ref isLogged, 1) == 0)
            Log.EndedSignInsNotRejected(loggers.CreateLogger(Log.Category), clientName, scheme.Name);
    }

    // An application without a default scheme names one at each sign-in, which is unknown here. One checked scheme is sufficient.
    private async ValueTask<AuthenticationScheme?> FindUncheckedAsync(IAuthenticationSchemeProvider schemes)
    {
        if (await schemes.GetDefaultSignInSchemeAsync().ConfigureAwait(false) is { } signInScheme)
            return RejectEndedSignInsOptions.IsCookieScheme(signInScheme) && !options.Value.Includes(signInScheme.Name)
                ? signInScheme
                : null;
        var cookies = (await schemes.GetAllSchemesAsync().ConfigureAwait(false)).Where(RejectEndedSignInsOptions.IsCookieScheme).ToList();
        return cookies.Exists(scheme => options.Value.Includes(scheme.Name)) ? null : cookies.FirstOrDefault();
    }
}
