using System.Runtime.Versioning;

namespace OAuthClient.Interactive.Tests;

/// <summary>Tests which program is started, with launchers that write down their arguments.</summary>
[TestFixture]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
public class SystemBrowserTests
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory();
    private readonly Dictionary<string, string> environment = new(StringComparer.Ordinal);

    [SetUp]
    public void SetUp() => environment["PATH"] = folder.FullName;

    [TearDown]
    public void TearDown() => folder.Delete(recursive: true);

    [Test]
    [Description("The launcher of PATH receives the address without a character that a shell evaluates")]
    public async Task The_launcher_receives_the_escaped_address()
    {
        environment["DISPLAY"] = ":0";
        AddLauncher("xdg-open");

        Assert.That(await OpenAsync("https://evil.example/a$(calc)b;'x'"));

        Assert.That(Arguments("xdg-open"), Is.EqualTo("https://evil.example/a%24%28calc%29b%3B%27x%27\n"));
    }

    [Test]
    [Description(
        "In the Windows Subsystem for Linux, rundll32 of PATH is started, and wslview is not: it passes the address to PowerShell"
    )]
    public async Task The_launcher_of_windows_is_started()
    {
        environment["WSL_DISTRO_NAME"] = "Ubuntu";
        environment["DISPLAY"] = ":0";
        AddLauncher("wslview");
        AddLauncher("xdg-open");

        Assert.That(await OpenAsync("https://accounts.example.com/authorize?a=1&b=2"), Is.False);

        AddLauncher("rundll32.exe");
        Assert.That(await OpenAsync("https://accounts.example.com/authorize?a=1&b=2"));
        Assert.That(Arguments("rundll32.exe"), Is.EqualTo("url.dll,FileProtocolHandler\nhttps://accounts.example.com/authorize?a=1&b=2\n"));
        Assert.That(Arguments("wslview") + Arguments("xdg-open"), Is.Empty);
    }

    [Test]
    public async Task Without_a_display_nothing_is_started()
    {
        AddLauncher("xdg-open");

        Assert.That(await OpenAsync("https://accounts.example.com/authorize"), Is.False);

        Assert.That(Arguments("xdg-open"), Is.Empty);
    }

    [Test]
    public async Task Without_a_launcher_there_is_no_browser()
    {
        environment["DISPLAY"] = ":0";

        Assert.That(await OpenAsync("https://accounts.example.com/authorize"), Is.False);
    }

    private Task<bool> OpenAsync(string address) =>
        SystemBrowser.OpenAsync(new(address), name => environment.GetValueOrDefault(name), CancellationToken.None);

    private void AddLauncher(string name)
    {
        string program = Path.Combine(folder.FullName, name);
        File.WriteAllText(program, "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$0.arguments\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string Arguments(string name)
    {
        string arguments = Path.Combine(folder.FullName, name + ".arguments");
        return File.Exists(arguments) ? File.ReadAllText(arguments) : "";
    }
}
