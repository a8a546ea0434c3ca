using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace OAuthClient.Interop;

/// <summary>What OpenIddict leaves to the application: the user's pages, and who receives a token.</summary>
internal static class OpenIddictHandlers
{
    public const string CustomGrantType = "urn:example:voucher";

    public static void Add(OpenIddictServerBuilder server) =>
        server
            .AddEventHandler<HandleAuthorizationRequestContext>(handler => handler.UseInlineHandler(AuthorizeAsync))
            .AddEventHandler<HandleEndUserVerificationRequestContext>(handler => handler.UseInlineHandler(VerifyAsync))
            .AddEventHandler<HandleTokenRequestContext>(handler => handler.UseInlineHandler(IssueAsync))
            .AddEventHandler<HandleEndSessionRequestContext>(handler => handler.UseInlineHandler(EndSessionAsync))
            .AddEventHandler<HandleUserInfoRequestContext>(handler => handler.UseInlineHandler(DescribeAlice));

    private static async ValueTask AuthorizeAsync(HandleAuthorizationRequestContext context)
    {
        var http = context.Transaction.GetHttpRequest()!.HttpContext;
        bool isSubmitted = HttpMethods.IsPost(http.Request.Method);
        if (isSubmitted && !http.Request.Form.ContainsKey("allow"))
            context.Reject(Errors.AccessDenied, "Alice refused.");
        else if (isSubmitted || (await http.AuthenticateAsync()).Succeeded && context.Request.HasPromptValue(PromptValues.None))
        {
            var alice = Alice(context.Request);
            await http.SignInAsync(alice);
            context.SignIn(alice);
        }
        else if (context.Request.HasPromptValue(PromptValues.None))
            context.Reject(Errors.LoginRequired, "Alice is not signed in.");
        else
        {
            http.Response.ContentType = "text/html";
            await http.Response.WriteAsync(Page(context.Request));
            context.HandleRequest();
        }
    }

    private static async ValueTask VerifyAsync(HandleEndUserVerificationRequestContext context)
    {
        var http = context.Transaction.GetHttpRequest()!.HttpContext;
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.ContentType = "text/html";
            await http.Response.WriteAsync(Page(context.Request));
            context.HandleRequest();
        }
        else if (http.Request.Form.ContainsKey("allow"))
            context.SignIn(Principal("alice", new() { Scope = string.Join(' ', context.UserCodePrincipal!.GetScopes()) }));
        else
        {
            // This refuses the code, whereas Reject refuses this request alone.
            await http.ForbidAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
            context.HandleRequest();
        }
    }

    private static ValueTask IssueAsync(HandleTokenRequestContext context)
    {
        if (context.Request.IsClientCredentialsGrantType())
            context.SignIn(Principal(context.ClientId!, context.Request));
        else if (context.Request.GrantType is CustomGrantType && (string?)context.Request["voucher"] is "valid")
            context.SignIn(Alice(context.Request));
        else if (context.Request.GrantType is CustomGrantType)
            context.Reject(Errors.InvalidGrant, "The voucher is not valid.");
        return default;
    }

    private static async ValueTask EndSessionAsync(HandleEndSessionRequestContext context)
    {
        await context.Transaction.GetHttpRequest()!.HttpContext.SignOutAsync();
        context.SignOut();
    }

    private static ValueTask DescribeAlice(HandleUserInfoRequestContext context)
    {
        context.Email = context.AccessTokenPrincipal.GetClaim(Claims.Email);
        context.Claims[Claims.Name] = context.AccessTokenPrincipal.GetClaim(Claims.Name);
        return default;
    }

    private static ClaimsPrincipal Alice(OpenIddictRequest request) =>
        Principal("alice", request)
            .SetClaim(Claims.Name, "Alice Ärmel")
            .SetClaim(Claims.Email, "alice@example.com")
            .SetClaim(Claims.AuthenticationTime, DateTimeOffset.UtcNow.ToUnixTimeSeconds())
            .SetDestinations(_ => [Destinations.AccessToken, Destinations.IdentityToken]);

    private static ClaimsPrincipal Principal(string subject, OpenIddictRequest request)
    {
        ClaimsIdentity identity = new(CookieAuthenticationDefaults.AuthenticationScheme);
        identity.SetClaim(Claims.Subject, subject);
        ClaimsPrincipal principal = new(identity);
        return principal.SetScopes(request.GetScopes()).SetResources(request.GetResources());
    }

    private static string Page(OpenIddictRequest request)
    {
        var fields =
            from parameter in request.GetParameters()
            select $"<input type=\"hidden\" name=\"{parameter.Key}\" value=\"{WebUtility.HtmlEncode((string?)parameter.Value)}\">";
        return $"<form method=\"post\">{string.Concat(fields)}<input type=\"submit\" name=\"allow\" value=\"Allow\"></form>";
    }
}
