using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using OAuthClient.AspNetCore;

namespace WebApp.Controllers;

[Authorize]
public sealed class PhotosController([FromKeyedServices("photos")] BrowserAuthorization authorization, PhotosApi api) : Controller
{
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
