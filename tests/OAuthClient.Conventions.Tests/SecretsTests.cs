using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient.Conventions.Tests;

public sealed class SecretsTests
{
    private static readonly Assembly Core = Assembly.Load("OAuthClient");

    private static readonly Type? Secret = Core.GetType("OAuthClient.Secret");

    // Fails if the base type is renamed, which would disable these tests.
    [Test]
    public void There_is_a_base_type_of_all_secrets() =>
        Assert.That(
            Secret is not null || SourceTree.Load("OAuthClient").Files.Count == 0,
            Is.True,
            "There are sources, but no type OAuthClient.Secret."
        );

    [TestCaseSource(nameof(ProjectsWithSecrets))]
    public void A_secret_is_not_shown_by_logs_debuggers_and_serializers(string project) =>
        Rule.Holds(
            "Only Reveal() may return the value:",
            Secret is null ? [] : Secrets.TypesIn(Assembly.Load(project), Secret).SelectMany(Secrets.Breaches)
        );

    [TestCaseSource(nameof(ProjectsWithSecrets))]
    public void An_object_that_holds_a_secret_does_not_print_it(string project) =>
        Rule.Holds(
            "ToString() prints a secret:",
            Secret is null
                ? []
                : from type in Assembly.Load(project).GetExportedTypes()
                where
                    type is { IsAbstract: false, ContainsGenericParameters: false, IsEnum: false }
                    && !Secret.IsAssignableFrom(type)
                    && !typeof(Delegate).IsAssignableFrom(type)
                    && !type.IsByRefLike
                where Secrets.ShowsSecret(Secrets.PrintOf(type, Secret))
                select type.Name
        );

    [TestCaseSource(nameof(ProjectsWithSecrets))]
    public void No_public_property_returns_a_secret_as_a_string(string project) =>
        Rule.Holds("Use a secret type, or add a reason to SecretNames:", SecretNames.Breaches(Assembly.Load(project).GetExportedTypes()));

    [TestCase(typeof(Good))]
    [TestCase(typeof(GoodBytes))]
    public void A_valid_secret_is_accepted(Type type) => Assert.That(Secrets.Breaches(type), Is.Empty);

    [TestCase(typeof(Printing), "Printing.ToString() gives \"canary")]
    [TestCase(typeof(Serializing), "Serializing serializes, to {\"Length\":12}")]
    [TestCase(typeof(Displaying), "Displaying needs [DebuggerDisplay(\"[redacted]\")], has {Reveal()}")]
    [TestCase(typeof(Undisplayed), "Undisplayed needs [DebuggerDisplay(\"[redacted]\")], has none")]
    [TestCase(typeof(Browsable), "Browsable: the debugger shows value")]
    [TestCase(typeof(Unrevealed), "Unrevealed: Reveal() does not return its value")]
    public void An_invalid_secret_is_reported(Type type, string breach) => Assert.That(Secrets.Breaches(type), Has.One.StartsWith(breach));

    [Test]
    public void A_record_that_prints_a_secret_string_is_reported_and_one_with_a_secret_type_is_not()
    {
        Assert.That(Secrets.ShowsSecret(Secrets.PrintOf(typeof(PlainHolder), typeof(Good))), Is.True);
        Assert.That(Secrets.PrintOf(typeof(TypedHolder), typeof(Good)), Does.Contain(Secrets.Redacted));
        Assert.That(Secrets.ShowsSecret(Secrets.PrintOf(typeof(TypedHolder), typeof(Good))), Is.False);
        Assert.That(Secrets.PrintOf(typeof(WithoutSecret), typeof(Good)), Is.Null);
    }

    [Test]
    public void Only_strings_and_bytes_with_a_secret_name_are_reported() =>
        Assert.That(
            SecretNames.Breaches([typeof(Names)]),
            Is.EqualTo(["Names.AccessToken is a String", "Names.CodeVerifier is a Byte[]", "Names.clientsecret is a ReadOnlyMemory`1"])
        );

    // The test server has no secret types, because it must not use the library, and has no valuable secrets.
    private static IEnumerable<string> ProjectsWithSecrets() =>
        Repository.SourceProjects.Where(project => project != "OAuthClient.Testing");

    [DebuggerDisplay("[redacted]")]
    [JsonConverter(typeof(RejectingConverter))]
    private class Good(string value)
    {
        [DebuggerBrowsable(DebuggerBrowsableState.Never)]
        private readonly string _value = value;

        // A field of another type must not fail the check.
        public DateTimeOffset? ExpiresAt { get; init; }

        public virtual string Reveal() => _value;

        public override string ToString() => Secrets.Redacted;
    }

    [DebuggerDisplay("{ToString(),nq}")]
    [JsonConverter(typeof(RejectingConverter))]
    private sealed class GoodBytes(byte[] value)
    {
        [DebuggerBrowsable(DebuggerBrowsableState.Never)]
        private readonly byte[] _value = value;

        public byte[] Reveal() => _value;

        public override string ToString() => Secrets.Redacted;
    }

    [JsonConverter(typeof(RejectingConverter))]
    private sealed class Printing(string value) : Good(value)
    {
        public override string ToString() => Reveal();
    }

    [DebuggerDisplay("[redacted]")]
    private sealed class Serializing(string value)
    {
        [DebuggerBrowsable(DebuggerBrowsableState.Never)]
        private readonly string _value = value;

        public int Length => _value.Length;

        public string Reveal() => _value;

        public override string ToString() => Secrets.Redacted;
    }

    [DebuggerDisplay("{Reveal()}")]
    [JsonConverter(typeof(RejectingConverter))]
    private sealed class Displaying(string value) : Good(value);

    [JsonConverter(typeof(RejectingConverter))]
    private sealed class Undisplayed(string value)
    {
        [DebuggerBrowsable(DebuggerBrowsableState.Never)]
        private readonly string _value = value;

        public string Reveal() => _value;

        public override string ToString() => Secrets.Redacted;
    }

    [DebuggerDisplay("[redacted]")]
    [JsonConverter(typeof(RejectingConverter))]
    private sealed class Browsable(string secret)
    {
        private readonly string value = secret;

        public string Reveal() => value;

        public override string ToString() => Secrets.Redacted;
    }

    [JsonConverter(typeof(RejectingConverter))]
    private sealed class Unrevealed(string value) : Good(value)
    {
        public override string Reveal() => Secrets.Redacted;
    }

    private sealed class RejectingConverter : JsonConverter<object>
    {
        public override bool CanConvert(Type typeToConvert) => true;

        public override object Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options) => throw new NotSupportedException();
    }

    private sealed record PlainHolder(string AccessToken);

    private sealed record TypedHolder(Good AccessToken, string Owner, string TokenType);

    private sealed record WithoutSecret(string Owner);

    private sealed record Names(
        string AccessToken,
        byte[] CodeVerifier,
        ReadOnlyMemory<char> clientsecret,
        Good RefreshToken,
        string TokenType,
        Uri TokenEndpoint,
        int StatusCode,
        string CodeChallenge,
        string Encoded,
        string Secretary
    );
}
