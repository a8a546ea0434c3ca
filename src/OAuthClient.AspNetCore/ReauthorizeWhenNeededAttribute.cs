using Microsoft.AspNetCore.Mvc.Filters;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Redirects the browser to the authorization server when an action throws a <see cref="ReauthorizationRequiredException"/>. Afterwards the
/// browser returns to the same address if the request was a GET or HEAD, and otherwise to the application's root, because the request
/// cannot be repeated. A request of a script receives 401.
/// </summary>
/// <param name="clientName">
/// The name in <c>AddOAuthClient</c> of the client whose exceptions are handled; <see langword="null"/> for all clients.
/// </param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class ReauthorizeWhenNeededAttribute(string? clientName = null) : Attribute, IAsyncExceptionFilter
{
    /// <summary>Gets the name of the client whose exceptions are handled; <see langword="null"/> for all clients.</summary>
    public string? ClientName { get; } = clientName;

    /// <inheritdoc/>
    public async Task OnExceptionAsync(ExceptionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (
            context.Exception is ReauthorizationRequiredException exception
            && Reauthorization.IsFor(ClientName, exception, context.HttpContext)
            && await Reauthorization.BeginAsync(context.HttpContext, exception, context.HttpContext.RequestAborted).ConfigureAwait(false)
                is { } result
        )
        {
            context.ExceptionHandled = true;
            context.Result = result;
        }
    }
}
