using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OAuthClient.Conventions.Tests;

/// <summary>
/// Describes the public API of an assembly as C# declarations: a block for each type, and a line for each member. It is read from
/// metadata, so that generated code is included.
/// </summary>
internal static partial class PublicApi
{
    private static readonly SymbolDisplayFormat Format = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypes,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters
            | SymbolDisplayGenericsOptions.IncludeVariance
            | SymbolDisplayGenericsOptions.IncludeTypeConstraints,
        memberOptions: SymbolDisplayMemberOptions.IncludeAccessibility
            | SymbolDisplayMemberOptions.IncludeModifiers
            | SymbolDisplayMemberOptions.IncludeType
            | SymbolDisplayMemberOptions.IncludeParameters
            | SymbolDisplayMemberOptions.IncludeRef
            | SymbolDisplayMemberOptions.IncludeConstantValue,
        delegateStyle: SymbolDisplayDelegateStyle.NameAndSignature,
        parameterOptions: SymbolDisplayParameterOptions.IncludeType
            | SymbolDisplayParameterOptions.IncludeName
            | SymbolDisplayParameterOptions.IncludeDefaultValue
            | SymbolDisplayParameterOptions.IncludeParamsRefOut
            | SymbolDisplayParameterOptions.IncludeExtensionThis,
        propertyStyle: SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        kindOptions: SymbolDisplayKindOptions.IncludeTypeKeyword | SymbolDisplayKindOptions.IncludeMemberKeyword,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes
            | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier
    );

    private static readonly SymbolDisplayFormat BaseFormat = Format
        .WithKindOptions(SymbolDisplayKindOptions.None)
        .WithGenericsOptions(SymbolDisplayGenericsOptions.IncludeTypeParameters);

    public static IAssemblySymbol Read(MetadataReference assembly, string name)
    {
        var compilation = CSharpCompilation.Create("reader", references: [.. References.Except(name), assembly]);
        return (IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(assembly)!;
    }

    public static string Describe(IAssemblySymbol assembly)
    {
        var text = new StringBuilder();
        foreach (var type in VisibleTypes(assembly).OrderBy(FullName, StringComparer.Ordinal))
        {
            text.Append(text.Length > 0 ? "\n" : "").Append(Declaration(type)).Append('\n');
            foreach (var member in Members(type))
                text.Append("    ").Append(member).Append('\n');
        }

        return text.ToString();
    }

    public static IEnumerable<INamedTypeSymbol> VisibleTypes(IAssemblySymbol assembly)
    {
        return In(assembly.GlobalNamespace);

        static IEnumerable<INamedTypeSymbol> In(INamespaceOrTypeSymbol parent) =>
            parent
                .GetMembers()
                .SelectMany(member =>
                    member switch
                    {
                        INamespaceSymbol space => In(space),
                        INamedTypeSymbol type when IsVisible(type) && type.CanBeReferencedByName => In(type).Prepend(type),
                        _ => [],
                    }
                );
    }

    public static int CountMembers(INamedTypeSymbol type) => type.GetMembers().Count(IsApi);

    private static IEnumerable<string> Members(INamedTypeSymbol type) =>
        type.TypeKind == TypeKind.Delegate
            ? []
            : type.GetMembers()
                .Where(IsApi)
                .Where(member => type.TypeKind != TypeKind.Enum || member is IFieldSymbol)
                .Select(member => (member.Name, Line: InvisibleAccessor().Replace(member.ToDisplayString(Format), "")))
                .OrderBy(member => member.Name, StringComparer.Ordinal)
                .ThenBy(member => member.Line, StringComparer.Ordinal)
                .Select(member => member.Line);

    private static string Declaration(INamedTypeSymbol type)
    {
        var words = new List<string> { type.DeclaredAccessibility == Accessibility.Public ? "public" : "protected" };
        if (type.TypeKind == TypeKind.Class)
            words.AddRange(
                type.IsStatic ? ["static"]
                : type.IsAbstract ? ["abstract"]
                : type.IsSealed ? ["sealed"]
                : Array.Empty<string>()
            );
        words.Add(
            type.ToDisplayString(
                Format.WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType)
            )
        );
        // Generic constraints are at the end of a declaration, after the bases.
        var declaration = string.Join(' ', words);
        var bases = Bases(type).ToArray();
        if (bases.Length == 0)
            return declaration;
        var list = " : " + string.Join(", ", bases);
        return declaration.IndexOf(" where ", StringComparison.Ordinal) is >= 0 and var where
            ? declaration.Insert(where, list)
            : declaration + list;
    }

    private static IEnumerable<string> Bases(INamedTypeSymbol type)
    {
        if (type.TypeKind == TypeKind.Enum)
            return type.EnumUnderlyingType!.SpecialType == SpecialType.System_Int32
                ? []
                : [type.EnumUnderlyingType.ToDisplayString(BaseFormat)];
        if (type.TypeKind is TypeKind.Delegate)
            return [];
        var bases = type.Interfaces.Where(IsVisible).Select(contract => contract.ToDisplayString(BaseFormat)).Order(StringComparer.Ordinal);
        return type is { TypeKind: TypeKind.Class, BaseType: { SpecialType: not SpecialType.System_Object } parent }
            ? bases.Prepend(parent.ToDisplayString(BaseFormat))
            : bases;
    }

    private static string FullName(INamedTypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat);

    // The members that the compiler adds to a record follow from its declaration.
    private static bool IsApi(ISymbol member) =>
        IsVisible(member)
        && member is not INamedTypeSymbol
        && !member.IsImplicitlyDeclared
        && member is not IMethodSymbol { AssociatedSymbol: not null }
        && !member.GetAttributes().Any(one => one.AttributeClass?.Name == "CompilerGeneratedAttribute");

    private static bool IsVisible(ISymbol symbol) =>
        symbol.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal;

    [GeneratedRegex(
        " (?:private|internal|private protected) (?:get|set|init);",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex InvisibleAccessor();
}
