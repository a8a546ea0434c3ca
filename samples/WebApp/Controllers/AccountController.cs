using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;

namespace WebApp.Controllers;

public sealed class AccountController : Controller
{
    [HttpGet("/sign-in")]
    public IActionResult SignIn(string? returnUrl) => View(model: returnUrl);

    [HttpPost("/sign-in")]
    public async Task<IActionResult> SignIn(string? displayName, string? returnUrl)
    {
        if (string.IsNullOrWhiteSpace(displayName))
            return View(model: returnUrl);
        await HttpContext.SignInAsync(SampleUsers.Create(displayName));
        return LocalRedirect(Url.IsLocalUrl(returnUrl) ? returnUrl : "/");
    }

    [HttpPost("/sign-out")]
    public async Task<IActionResult> SignOutAsync()
    {
        await HttpContext.SignOutAsync();
        return LocalRedirect("/");
    }
}
