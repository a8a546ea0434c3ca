using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using OAuthClient;

namespace WebApp.Controllers;

public sealed class HomeController([FromKeyedServices("photos")] IOAuthClient client, ICurrentGrantOwner current) : Controller
{
    [HttpGet("/")]
    public async Task<IActionResult> Index() => View(current.Find() is { } owner ? await client.FindGrantAsync(owner) : null);

    // Shows the grant. A page of your own needs no more than FindGrantAsync.
    [HttpGet("/connection"), Authorize]
    public async Task<IActionResult> Connection() =>
        await client.FindGrantAsync(current.Find()!) is { } grant ? View(grant) : RedirectToAction(nameof(Index));

    [Route("/problem/{status:int}"), IgnoreAntiforgeryToken]
    public IActionResult Problem(int status) =>
        View(status == StatusCodes.Status404NotFound ? ErrorPages.NotFound : ErrorPages.Describe(null));

    // The error page is requested by the method of the failed request, which is POST after response_mode=form_post.
    [Route("/problem"), IgnoreAntiforgeryToken]
    public IActionResult Problem() => View(ErrorPages.Describe(HttpContext.Features.Get<IExceptionHandlerFeature>()?.Error));
}
