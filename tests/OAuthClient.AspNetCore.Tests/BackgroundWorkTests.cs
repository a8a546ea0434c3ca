using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Work that a request orders, and that goes on when the request is over.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BackgroundWorkTests
{
    [Test]
    [Description("It keeps its owner when it was told to, and is nobody's when it was not: then it sends nothing")]
    public async Task After_the_request()
    {
        Task<string> told = null!, untold = null!;
        await using var app = await App.StartAsync(
            services: (services, api) => services.AddHttpClient("later", http => http.BaseAddress = api.BaseAddress)
                .AddAccessTokenHandler("photos", t => t.ForCurrentUser().To(api.BaseAddress)),
            endpoints: web => web.MapGet("/order", (ICurrentGrantOwner who, IHttpContextAccessor accessor, IHttpClientFactory http) =>
            {
                var me = who.Find()!;
                told = Task.Run(async () =>
                {
                    await EndOfRequestAsync(accessor);
                    using (me.AsCurrentUser())
                        return await http.CreateClient("later").GetStringAsync("/me");
                });
                untold = Task.Run(async () =>
                {
                    await EndOfRequestAsync(accessor);
                    return await http.CreateClient("later").GetStringAsync("/me");
                });
                return "ordered";
            }));
        var browser = app.OpenBrowser();
        await browser.ConnectAsync();
        Assert.That((await browser.GetAsync("/order")).Body, Is.EqualTo("ordered"));

        Assert.That(await told.WaitAsync(TimeSpan.FromMinutes(1)), Does.Contain("alice"));
        await Assert.ThatAsync(() => untold.WaitAsync(TimeSpan.FromMinutes(1)), Throws.TypeOf<OAuthException>().With.Message.Contain("AsCurrentUser()"));
        Assert.That(app.Api.Requests, Has.Count.EqualTo(1));
    }

    private static async Task EndOfRequestAsync(IHttpContextAccessor accessor)
    {
        while (accessor.HttpContext is not null)
            await Task.Yield();
    }
}
