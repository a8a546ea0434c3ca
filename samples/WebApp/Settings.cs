namespace WebApp;

/// <summary>What can be said on the command line; the same can stand in the environment, such as <c>Photos__ClientSecret</c>.</summary>
internal static class Settings
{
    private const string Usage = """
        Without arguments the sample brings its own authorization server and API. With a server of yours:

          --issuer https://accounts.example.com    its issuer identifier
          --client-id ID                           what it calls this client
          --client-secret SECRET                   better in the environment: Photos__ClientSecret
          --api https://api.example.com            answers GET /photos with [{ "id", "title", "image" }]
          --response-mode form_post                how the callback arrives, unless by query
          --urls http://localhost:5080             where this application listens

        Any property of OAuthClientOptions can be set too, for example --Photos:Scopes:0 openid.
        """;

    private static readonly Dictionary<string, string> Switches = new(StringComparer.Ordinal)
    {
        ["--issuer"] = "Photos:Issuer",
        ["--client-id"] = "Photos:ClientId",
        ["--client-secret"] = "Photos:ClientSecret",
        ["--response-mode"] = "Photos:ResponseMode",
        ["--api"] = "Api",
    };

    /// <summary>Adds them to the configuration.</summary>
    /// <returns>Whether that is enough to start; when not, it was said what is.</returns>
    public static bool Read(ConfigurationManager configuration, string[] args)
    {
        configuration.AddCommandLine(args, Switches);
        configuration["urls"] ??= "http://localhost:5080";
        configuration["Logging:LogLevel:Default"] ??= "Warning";
        configuration["Logging:LogLevel:Microsoft.AspNetCore"] ??= "Warning";
        bool isEnough =
            configuration["Photos:Issuer"] is null || (configuration["Photos:ClientId"] is not null && configuration["Api"] is not null);
        bool isAsked = args.Contains("--help", StringComparer.Ordinal);
        if (isEnough && !isAsked)
            return true;
        Console.WriteLine(Usage);
        Environment.ExitCode = isAsked ? 0 : 2;
        return false;
    }
}
