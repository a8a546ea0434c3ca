using System.Collections;
using System.Reflection;

namespace OAuthClient.Conventions.Tests;

/// <summary>
/// Tests that each public option whose name starts with <c>Dangerously</c> is in a table of dangerous options, from which it is logged.
/// </summary>
public sealed class DangerousOptionsTests
{
    private const string Prefix = "Dangerously";

    [Test]
    public void Each_dangerous_option_is_logged()
    {
        var members = PublicMembers().ToArray();
        var logged = Tables().ToArray();

        Rule.Holds(
            "These options lower safety and are not logged. Add each to the DangerousOption table of its options:",
            members.Except(logged, StringComparer.Ordinal)
        );
        Rule.Holds("These entries name no public option:", logged.Except(members, StringComparer.Ordinal));
        Assert.That(members, Does.Contain("OAuthClientOptions.DangerouslyAllowHttpOnLoopback"));
        Assert.That(members, Does.Contain("ServerAdaptationOptions.DangerouslyDisablePkce"));
        Assert.That(members, Does.Contain("AccessTokenHandlerOptions.DangerouslyToHttp"));
    }

    private static IEnumerable<Assembly> Packages => Repository.SourceProjects.Select(Assembly.Load);

    private static IEnumerable<string> PublicMembers() =>
        from type in Packages.SelectMany(assembly => assembly.GetExportedTypes())
        from member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where member.Name.StartsWith(Prefix, StringComparison.Ordinal)
        select $"{type.Name}.{member.Name}";

    // The static fields that hold a list of DangerousOption<T>, in any type.
    private static IEnumerable<string> Tables() =>
        from type in Packages.SelectMany(assembly => assembly.GetTypes())
        where !type.ContainsGenericParameters
        from field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where
            field.FieldType.IsGenericType
            && field.FieldType.GenericTypeArguments[0].Name.StartsWith("DangerousOption`", StringComparison.Ordinal)
        let entry = field.FieldType.GenericTypeArguments[0]
        from object option in (IEnumerable)field.GetValue(null)!
        select MemberOf(entry.GenericTypeArguments[0], (string)entry.GetProperty("Name")!.GetValue(option)!);

    // Adaptation.DangerouslyDisablePkce of the options of a client is a member of the type of Adaptation.
    private static string MemberOf(Type options, string path)
    {
        string[] names = path.Split('.');
        foreach (string name in names[..^1])
            options = options.GetProperty(name)!.PropertyType;
        return $"{options.Name}.{names[^1]}";
    }
}
