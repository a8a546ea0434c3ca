using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using OAuthClient.AspNetCore;

namespace WebApp.Controllers;

[Authorize]
public sealed class PhotosController([FromKeyedServices("photos")] BrowserAuthorization authorization, PhotosApi api) : Controller
{
    // Sends the browser to the authorization server …
    [HttpPost("/connect")]
    public Task<IActionResult> Connect(string? returnUrl) => authorization.BeginAsync(this, returnUrl);

    // … and this is where it comes back: by GET, or with response_mode=form_post by a POST of another site.
    [AcceptVerbs("GET", "POST", Route = "/callback"), AllowAnonymous, IgnoreAntiforgeryToken]
    public async Task<IActionResult> Callback() =>
        await authorization.CompleteAsync(this) is { Denied: false } done ? LocalRedirect(done.ReturnUrl) : RedirectToAction(nameof(Denied));

    // Calls the API. Without a grant, or with one that has ended, the browser is sent to connect, and back here.
    [HttpGet("/photos"), ReauthorizeWhenNeeded("photos")]
    public async Task<IActionResult> Index()
    {
        try
        {
            return View(await api.ListAsync());
        }
        catch (HttpRequestException exception) when (exception.StatusCode == HttpStatusCode.Forbidden)
        {
            // Connected, but with the photos unticked.
            return RedirectToAction(nameof(Denied));
        }
    }

    // Forgets the grant here and revokes it at the server.
    [HttpPost("/disconnect")]
    public async Task<IActionResult> Disconnect()
    {
        await authorization.RevokeAsync();
        return LocalRedirect("/");
    }

    [HttpGet("/denied")]
    public IActionResult Denied() => View();
}
