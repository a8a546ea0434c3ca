using Samples;

namespace WebApp;

/// <summary>Reads the command line. The same settings can stand in the environment, such as <c>Photos__ClientSecret</c>.</summary>
internal static class Settings
{
    private const string Usage = """
        Without arguments the sample brings its own authorization server and API. With a server of yours:

          --issuer https://accounts.example.com    its issuer identifier
          --client-id ID                           the client identifier
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

    /// <summary>Adds the command line to the configuration, and prints what is wrong with it.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="args">The command line.</param>
    /// <returns>The exit code; <see langword="null"/> if the application can start.</returns>
    public static int? Read(ConfigurationManager configuration, string[] args)
    {
        configuration.AddCommandLine(args, Switches);
        configuration["urls"] ??= "http://localhost:5080";
        configuration["Logging:LogLevel:Default"] ??= "Warning";
        configuration["Logging:LogLevel:Microsoft.AspNetCore"] ??= "Warning";
        // The sample prints what failed at start in one sentence; the host would log its stack trace.
        configuration["Logging:LogLevel:Microsoft.Extensions.Hosting"] ??= "None";
        bool isEnough =
            configuration["Photos:Issuer"] is null || (configuration["Photos:ClientId"] is not null && configuration["Api"] is not null);
        bool isAsked = args.Contains("--help", StringComparer.Ordinal);
        if (!isEnough || isAsked)
        {
            Console.WriteLine(Usage);
            return isAsked ? 0 : 2;
        }
        string? wrong = configuration["Photos:Issuer"] is null
            ? null
            : StartError.FindWrongAddress("--issuer", configuration["Photos:Issuer"])
                ?? StartError.FindWrongAddress("--api", configuration["Api"]);
        if (wrong is null)
            return null;
        Console.Error.WriteLine(wrong);
        return 1;
    }
}
