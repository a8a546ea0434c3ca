using Microsoft.AspNetCore.Mvc.Filters;

namespace OAuthClient.AspNetCore;

/// <summary>
/// When the action throws a <see cref="ReauthorizationRequiredException"/>, the browser is sent to authorize
/// anew and comes back afterwards: to this address after a GET, to the application's root after anything else, which cannot
/// be repeated. A script's request gets 401 instead.
/// </summary>
/// <param name="clientName">Only for this client, by its name in <c>AddOAuthClient</c>; for every client unless given.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class ReauthorizeWhenNeededAttribute(string? clientName = null) : Attribute, IAsyncExceptionFilter
{
    /// <summary>The client it is for; <see langword="null"/> for every one.</summary>
    public string? ClientName { get; } = clientName;

    /// <inheritdoc/>
    public async Task OnExceptionAsync(ExceptionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (
            context.Exception is ReauthorizationRequiredException exception
            && Reauthorization.IsFor(ClientName, exception, context.HttpContext)
            && await Reauthorization
                .BeginAsync(context.HttpContext, exception.ClientName, context.HttpContext.RequestAborted)
                .ConfigureAwait(false)
                is { } result
        )
        {
            context.ExceptionHandled = true;
            context.Result = result;
        }
    }
}
