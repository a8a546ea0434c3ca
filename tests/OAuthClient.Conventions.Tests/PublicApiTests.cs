using Microsoft.CodeAnalysis;

namespace OAuthClient.Conventions.Tests;

public sealed class PublicApiTests
{
    private const string Update = "UPDATE_PUBLIC_API";

    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void The_public_api_is_the_approved_one(string project)
    {
        var approved = Path.Combine(Repository.Root, "src", project, "PublicApi.txt");
        var actual = PublicApi.Describe(ReadBuilt(project));
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(approved, actual);
            return;
        }

        var known = File.Exists(approved) ? File.ReadAllText(approved).ReplaceLineEndings("\n") : "";
        Rule.Holds(
            "The API differs from the approved one. To approve it, "
                + $"run `{Update}=1 dotnet test tests/OAuthClient.Conventions.Tests` and review the change of {project}/PublicApi.txt:",
            Difference(known, actual)
        );
        Assert.That(actual, Is.EqualTo(known), "The same lines, in another order.");
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void Public_types_are_in_the_namespace_of_their_package(string project) =>
        Rule.Holds(
            $"In namespace {project}, regardless of the folder:",
            from type in PublicApi.VisibleTypes(ReadBuilt(project))
            where type.ContainingNamespace.ToDisplayString() is var space && !string.Equals(space, project, StringComparison.Ordinal)
            select type.ToDisplayString()
        );

    [Test]
    public void IOAuthClient_has_at_most_eight_members() =>
        Assert.That(
            PublicApi.VisibleTypes(ReadBuilt("OAuthClient")).Where(type => type.Name == "IOAuthClient").Select(PublicApi.CountMembers),
            Is.All.LessThanOrEqualTo(8),
            "Move rarely used members out of IOAuthClient."
        );

    [Test]
    public void Members_are_counted_without_accessors_and_with_overloads()
    {
        var type = PublicApi
            .VisibleTypes(Compile("public interface IThing { int A { get; set; } void B(); void B(int i); event Action C; }"))
            .Single();

        Assert.That(PublicApi.CountMembers(type), Is.EqualTo(4));
    }

    [Test]
    public void Declarations_are_CSharp_in_an_order_independent_of_the_source()
    {
        var described = PublicApi.Describe(
            Compile(
                """
                public abstract class Zebra<T> : IComparable<T> where T : class?
                {
                    protected Zebra(string? name = null, int count = 3) { }
                    internal Zebra(int i) { }
                    public virtual string? Name { get; private set; }
                    public required int Count { get; init; }
                    public abstract int CompareTo(T? other);
                    protected internal static Task<List<string?>> RunAsync(CancellationToken cancel = default) => null!;
                    private protected void Hidden() { }
                    public const string Word = "a";
                    public event Action? Changed;
                    public sealed class Part;
                    internal sealed class Secret;
                }
                public sealed record Apple(string Name, int? Size);
                public readonly record struct Pear(int Size);
                public enum Fruit { Pear = 2, Apple = 1 }
                public delegate Task<int> Peel(in Pear pear, CancellationToken cancel);
                public static class Extensions { public static void Eat(this Apple apple, params string[] names) { } }
                internal interface IHidden;
                public interface IShown : IDisposable { void Show(); }
                """
            )
        );

        Assert.That(
            described,
            Is.EqualTo(
                """
                public sealed record Apple : IEquatable<Apple>
                    public Apple(string Name, int? Size)
                    public string Name { get; init; }
                    public int? Size { get; init; }

                public static class Extensions
                    public static void Eat(this Apple apple, params string[] names)

                public enum Fruit
                    Apple = 1
                    Pear = 2

                public interface IShown : IDisposable
                    void Show()

                public readonly struct Pear : IEquatable<Pear>
                    public Pear(int Size)
                    public int Size { get; init; }

                public delegate Task<int> Peel(in Pear pear, CancellationToken cancel)

                public abstract class Zebra<T> : IComparable<T> where T : class?
                    protected Zebra(string? name = null, int count = 3)
                    public event Action? Changed
                    public abstract int CompareTo(T? other)
                    public required int Count { get; init; }
                    public virtual string? Name { get; }
                    protected internal static Task<List<string?>> RunAsync(CancellationToken cancel = default(CancellationToken))
                    public const string Word = "a"

                public sealed class Zebra<T>.Part
                    public Part()

                """
            )
        );
    }

    [Test]
    public void A_difference_shows_added_and_removed_lines() =>
        Assert.That(
            Difference("class A : C\n    void B()\n    void C()\n", "class A : C\n    void C()\n    void D()\n"),
            Is.EqualTo(["- A: void B()", "+ A: void D()"])
        );

    private static string[] Difference(string approved, string actual)
    {
        var known = Lines(approved).ToArray();
        var found = Lines(actual).ToArray();
        return
        [
            .. known.Except(found, StringComparer.Ordinal).Select(line => "- " + line),
            .. found.Except(known, StringComparer.Ordinal).Select(line => "+ " + line),
        ];

        // A member line needs its type.
        static IEnumerable<string> Lines(string text)
        {
            var type = "";
            foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                if (line.StartsWith(' '))
                    yield return $"{type}: {line.Trim()}";
                else
                {
                    yield return line;
                    type = line.Split(" : ")[0].Split(" where ")[0].Split(' ')[^1];
                }
        }
    }

    private static IAssemblySymbol ReadBuilt(string project) => PublicApi.Read(References.Built(project), project);

    private static IAssemblySymbol Compile(string source)
    {
        using var image = new MemoryStream();
        var result = SourceTree.Of("OAuthClient.Fruits", ("Fruits.cs", "namespace OAuthClient.Fruits;\n" + source)).Compilation.Emit(image);
        Assert.That(result.Diagnostics.Where(one => one.Severity == DiagnosticSeverity.Error), Is.Empty);
        return PublicApi.Read(MetadataReference.CreateFromImage(image.ToArray()), "OAuthClient.Fruits");
    }
}
