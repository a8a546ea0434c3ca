using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Prevents the host from starting if a scheme of <c>RejectEndedSignIns</c> cannot be checked.</summary>
internal sealed class RejectEndedSignInsCheck(
    IAuthenticationSchemeProvider schemes,
    IOptions<RejectEndedSignInsOptions> options,
    IServiceScopeFactory scopes
) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var known = await schemes.GetAllSchemesAsync().ConfigureAwait(false);
        foreach (string name in options.Value.Schemes)
        {
            EnsureChecked(
                known.FirstOrDefault(scheme => string.Equals(scheme.Name, name, StringComparison.Ordinal))
                    ?? throw new InvalidOperationException(
                        $"RejectEndedSignIns(\"{name}\"): the authentication scheme '{name}' is not registered. Register it with "
                            + $"AddCookie(\"{name}\"), or correct the name."
                    )
            );
        }
        if (options.Value.AllSchemes)
        {
            var cookies = known.Where(RejectEndedSignInsOptions.IsCookieScheme).ToList();
            if (cookies.Count == 0)
            {
                throw new InvalidOperationException(
                    "RejectEndedSignIns() requires a cookie scheme, but none is registered. Register one with AddCookie()."
                );
            }
            cookies.ForEach(EnsureChecked);
        }
        using var scope = scopes.CreateScope();
        if (scope.ServiceProvider.GetService<IAuthenticationHandlerProvider>() is not SignInCookieHandlerProvider)
            throw Replaced(nameof(IAuthenticationHandlerProvider));
        var handler = scope.ServiceProvider.GetService<CookieAuthenticationHandler>();
        if (handler is not null && handler.GetType() != typeof(CookieAuthenticationHandler))
            throw Replaced(nameof(CookieAuthenticationHandler));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static InvalidOperationException Replaced(string service) =>
        new(
            $"RejectEndedSignIns conflicts with the application's own {service}: ended sign-ins would not be rejected, or the service "
                + "would not be used. Remove it, or call OpenIdSignIn.IsSignedInAsync in it instead of RejectEndedSignIns."
        );

    private static void EnsureChecked(AuthenticationScheme scheme)
    {
        if (scheme.HandlerType != typeof(CookieAuthenticationHandler))
        {
            throw new InvalidOperationException(
                $"RejectEndedSignIns cannot check the authentication scheme '{scheme.Name}', because its handler is {scheme.HandlerType}. "
                    + "Register it with AddCookie. Or pass only the names of the other schemes to RejectEndedSignIns, and call "
                    + "OpenIdSignIn.IsSignedInAsync in this handler."
            );
        }
    }
}
