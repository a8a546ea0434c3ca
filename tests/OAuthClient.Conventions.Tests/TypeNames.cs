using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OAuthClient.Conventions.Tests;

internal static class TypeNames
{
    // Only as the last word, which names the kind of type. ServiceCollection… is a term of the framework.
    private static readonly string[] MeaninglessWords =
    [
        "MANAGER",
        "MANAGERS",
        "HELPER",
        "HELPERS",
        "UTIL",
        "UTILS",
        "UTILITY",
        "UTILITIES",
        "SERVICE",
        "SERVICES",
        "DATA",
        "INFO",
    ];

    public static IEnumerable<string> Breaches(SourceTree sources) =>
        from declared in sources.Nodes<MemberDeclarationSyntax>()
        let name = declared.Node switch
        {
            BaseTypeDeclarationSyntax type => type.Identifier.ValueText,
            DelegateDeclarationSyntax type => type.Identifier.ValueText,
            _ => null,
        }
        let fault = name switch
        {
            null or "" => null,
            // UserInfo is the term of OpenID Connect; OAuthClientServices holds the services of one client, as IServiceProvider does.
            "UserInfo" or "OAuthClientServices" => null,
            "OAuthClient" => "hides the namespace of that name",
            _ when MeaninglessWords.Contains(Words.Of(name)[^1], StringComparer.Ordinal) => "ends in a word without meaning",
            _ => null,
        }
        where fault is not null
        select $"{SourceTree.Place(declared.Node)} {name} {fault}";
}
