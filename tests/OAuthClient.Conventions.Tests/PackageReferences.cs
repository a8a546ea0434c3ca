using System.Reflection;
using System.Xml.Linq;

namespace OAuthClient.Conventions.Tests;

/// <summary>
/// Checks the dependencies of the packages. The core references no satellite package, and satellites do not reference each other.
/// </summary>
internal static class PackageReferences
{
    private const string AspNetCore = "Microsoft.AspNetCore.App";

    public static readonly IReadOnlyDictionary<string, string[]> Allowed = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["OAuthClient"] =
        [
            "Microsoft.Extensions.Http",
            "Microsoft.Extensions.Options",
            "Microsoft.Extensions.Caching.Abstractions",
            "Polly.Core",
            "Microsoft.IdentityModel.JsonWebTokens",
            "System.Text.Json",
        ],
        ["OAuthClient.AspNetCore"] = ["OAuthClient", AspNetCore],
        ["OAuthClient.Ed25519"] = ["OAuthClient", "NSec.Cryptography"],
        ["OAuthClient.Interactive"] = ["OAuthClient"],
        ["OAuthClient.PostgreSql"] = ["OAuthClient", "Npgsql"],
        ["OAuthClient.Sqlite"] = ["OAuthClient", "Microsoft.Data.Sqlite"],
        ["OAuthClient.StoreContract"] = ["OAuthClient"],
        // Not OAuthClient: a server that shared its code would share its faults.
        ["OAuthClient.Testing"] = [AspNetCore],
    };

    public static IEnumerable<string> Breaches(string project, XDocument projectFile)
    {
        if (!Allowed.TryGetValue(project, out var allowed))
            return [$"{project} is not on the list: add what it may depend on"];

        return from reference in projectFile.Descendants()
            where reference.Name.LocalName is "PackageReference" or "ProjectReference" or "FrameworkReference" or "Reference"
            where !"all".Equals((string?)reference.Attribute("PrivateAssets"), StringComparison.OrdinalIgnoreCase)
            let include = (string?)reference.Attribute("Include")
            where include is not null
            let name = reference.Name.LocalName == "ProjectReference"
                ? Path.GetFileNameWithoutExtension(include.Replace('\\', '/'))
                : include
            where !allowed.Contains(name, StringComparer.OrdinalIgnoreCase)
            select $"{project} may not depend on {name}";
    }

    // The project file does not show transitive references; the assembly shows the ones that are used.
    public static IEnumerable<string> Breaches(string project, IEnumerable<AssemblyName> referenced) =>
        from name in referenced.Select(reference => reference.Name ?? "")
        where name.StartsWith("OAuthClient", StringComparison.Ordinal) || name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)
        let package = name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal) ? AspNetCore : name
        where Allowed.TryGetValue(project, out var allowed) && !allowed.Contains(package, StringComparer.Ordinal)
        select $"{project} uses {name}";
}
