using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using OAuthClient;

namespace WebApp.Controllers;

public sealed class HomeController([FromKeyedServices("photos")] IOAuthClient client, ICurrentGrantOwner current) : Controller
{
    [HttpGet("/")]
    public async Task<IActionResult> Index() => View(current.Find() is { } owner ? await client.FindGrantAsync(owner) : null);

    // An error keeps its request's method, which is POST after response_mode=form_post.
    [Route("/problem"), IgnoreAntiforgeryToken]
    public IActionResult Problem() => View(ErrorPages.Describe(HttpContext.Features.Get<IExceptionHandlerFeature>()?.Error));
}
