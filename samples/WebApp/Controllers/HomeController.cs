using System.Security.Claims;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using OAuthClient;

namespace WebApp.Controllers;

public sealed class HomeController([FromKeyedServices("photos")] IOAuthClient client) : Controller
{
    [HttpGet("/")]
    public async Task<IActionResult> Index() =>
        View(User.FindFirstValue(ClaimTypes.NameIdentifier) is { } id ? await client.FindGrantAsync(id) : null);

    // An error keeps its request's method, which is POST after response_mode=form_post.
    [Route("/problem"), IgnoreAntiforgeryToken]
    public IActionResult Problem() =>
        View(Problems.Describe(HttpContext.Features.Get<IExceptionHandlerFeature>()?.Error));
}
