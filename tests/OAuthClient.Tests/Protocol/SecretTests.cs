using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests that the value of a secret is available only through Reveal (RFC 6819 §4.1.6, RFC 9700 §4.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SecretTests
{
    private const string Canary = "canary-5e0c1";

    private static readonly Secret[] Every =
    [
        Token(Canary),
        new RefreshToken(Canary),
        new IdToken(Canary),
        new AuthorizationCode(Canary),
        new CodeVerifier(Canary),
        new DeviceCode(Canary),
        new ClientSecret(Canary),
        new PrivateKey(Canary),
        new RegistrationAccessToken(Canary),
    ];

    [Test]
    [Description("Every secret type, including those added later, must be covered by these tests")]
    public void Every_secret_type_is_tested() =>
        Assert.That(
            Every.Select(secret => secret.GetType()),
            Is.EquivalentTo(typeof(Secret).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Secret))))
        );

    [TestCaseSource(nameof(Every))]
    [Description("RFC 6819 §4.1.6: only Reveal returns the value; ToString, interpolation, formatting and concatenation do not")]
    public void It_prints_redacted(Secret secret)
    {
        Assert.That(secret.Reveal(), Is.EqualTo(Canary));
        Assert.That(
            new[] { secret.ToString(), $"{secret}", string.Format(null, "{0}", secret), "" + secret },
            Is.All.EqualTo("[redacted]")
        );
        Assert.That(
            secret.GetType().GetCustomAttributes<DebuggerDisplayAttribute>(inherit: false).Single().Value,
            Is.EqualTo("[redacted]")
        );
    }

    [TestCaseSource(nameof(Every))]
    [Description("RFC 6819 §4.1.6: the debugger shows no member that holds the value")]
    public void The_debugger_shows_no_value(Secret secret)
    {
        const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        for (var type = secret.GetType(); type != typeof(object); type = type!.BaseType)
        {
            var shown = type!
                .GetFields(Own)
                .Where(field => !field.IsDefined(typeof(CompilerGeneratedAttribute)))
                .Cast<MemberInfo>()
                .Concat(type.GetProperties(Own))
                .Where(member => member.GetCustomAttribute<DebuggerBrowsableAttribute>()?.State != DebuggerBrowsableState.Never);
            foreach (var member in shown)
            {
                object? value = member is FieldInfo field ? field.GetValue(secret) : ((PropertyInfo)member).GetValue(secret);
                Assert.That(value?.ToString() ?? "", Does.Not.Contain(Canary), member.Name);
            }
        }
    }

    [TestCaseSource(nameof(Every))]
    [Description(
        "RFC 6819 §4.1.6: JSON serialization is rejected alone, in a container, as the base type, as a key and when reading; "
            + "the message does not contain the value"
    )]
    public void It_is_not_serialized(Secret secret)
    {
        var type = secret.GetType();
        Action[] attempts =
        [
            () => JsonSerializer.Serialize(secret, type),
            () => JsonSerializer.Serialize<object>(secret),
            () => JsonSerializer.Serialize(secret),
            () => JsonSerializer.Serialize(new { Inner = new { Token = (object)secret } }),
            () => JsonSerializer.Serialize(new { Token = secret }),
            () => JsonSerializer.Serialize(new[] { secret }),
            () => JsonSerializer.Serialize(new Dictionary<string, object> { ["a"] = secret }),
            () => JsonSerializer.Serialize(new Dictionary<Secret, string> { [secret] = "a" }),
            () => JsonSerializer.SerializeToElement(secret, type),
            () => JsonSerializer.Deserialize("\"a\"", type),
            () => JsonSerializer.Deserialize("{}", type),
        ];

        Assert.Multiple(() =>
        {
            for (int i = 0; i < attempts.Length; i++)
                Assert.That(attempts[i], Throws.InstanceOf<NotSupportedException>().With.Message.Not.Contains(Canary), $"attempt {i}");
        });
    }

    [Test]
    [Description("RFC 6819 §4.1.6: an object that holds secrets is not serialized either, and the message says what to do instead")]
    public void An_object_that_holds_a_secret_is_not_serialized()
    {
        var response = new TokenResponse(
            Token(Canary),
            new RefreshToken(Canary),
            new IdToken(Canary),
            new Dictionary<string, JsonElement>()
        );
        object[] holders =
        [
            response,
            SampleConfiguration.Options(o => o.ClientSecret = Canary),
            TokenRequest.Refresh(new RefreshToken(Canary)),
        ];

        foreach (object holder in holders)
        {
            Assert.That(
                () => JsonSerializer.Serialize(holder),
                Throws.InstanceOf<NotSupportedException>().With.Message.Contains("Protect"),
                holder.GetType().Name
            );
            Assert.That(() => JsonSerializer.Serialize(new { holder }), Throws.InstanceOf<NotSupportedException>(), holder.GetType().Name);
            Assert.That($"{holder}", Does.Not.Contain(Canary));
        }
    }

    [TestCaseSource(nameof(Every))]
    [Description("RFC 6749 §10.10: secrets are equal by type and value")]
    public void Equality_is_by_type_and_value(Secret secret)
    {
        var equal = Every.Single(other => other.GetType() == secret.GetType());
        foreach (var other in Every.Where(other => other.GetType() != secret.GetType()))
        {
            Assert.That(secret.Equals(other), Is.False, "secrets of two types are never equal");
            Assert.That(secret.Equals((object)other), Is.False);
        }
        Assert.That(secret.Equals(equal), Is.True);
        Assert.That(secret.Equals(null), Is.False);
        Assert.That(secret!.Equals((object)Canary), Is.False);
    }

    [TestCase("abc", "abc", true)]
    [TestCase("abc", "abd", false)]
    [TestCase("abc", "ab", false)]
    [TestCase("abc", "ABC", false)]
    [TestCase("a\u0061", "aa", true)]
    [TestCase("\u00fc", "u\u0308", false)]
    [TestCase("", "", true)]
    [TestCase(null, null, false)]
    [TestCase("abc", null, false)]
    [TestCase(null, "abc", false)]
    [Description("RFC 6749 §10.12: the comparison is ordinal, and null equals nothing")]
    public void Texts_are_compared_ordinally(string? one, string? other, bool same)
    {
        Assert.That(Secret.SameText(one, other), Is.EqualTo(same));
        if (one is { Length: > 0 } && other is { Length: > 0 })
        {
            Assert.That(new RefreshToken(one).Equals(new RefreshToken(other)), Is.EqualTo(same));
            if (same)
                Assert.That(new RefreshToken(one).GetHashCode(), Is.EqualTo(new RefreshToken(other).GetHashCode()));
        }
    }

    [Test]
    [Description("RFC 6749 §10.10: the comparison uses the framework's constant-time method; its IL shows the call")]
    public void Comparison_takes_constant_time()
    {
        var method = typeof(Secret).GetMethod(nameof(Secret.SameText), BindingFlags.NonPublic | BindingFlags.Static)!;
        byte[] code = method.GetMethodBody()!.GetILAsByteArray()!;
        var called = Enumerable
            .Range(0, code.Length - 4)
            .Where(at => code[at] == 0x28)
            .Select(at => Resolve(method.Module, BitConverter.ToInt32(code, at + 1)))
            .Where(target => target is not null)
            .Select(target => target!.Name)
            .ToList();

        Assert.That(called, Has.Member("FixedTimeEquals").And.No.Member("Equals").And.No.Member("op_Equality"));

        static MethodBase? Resolve(Module module, int token)
        {
            try
            {
                return module.ResolveMethod(token);
            }
            catch (Exception exception) when (exception is ArgumentException or BadImageFormatException)
            {
                return null;
            }
        }
    }

    [Test]
    [Description("RFC 6749 appendix A: a secret is not empty")]
    public void An_empty_secret_is_rejected()
    {
        Assert.That(() => new RefreshToken(""), Throws.ArgumentException);
        Assert.That(() => new RefreshToken(null!), Throws.ArgumentNullException);
    }

    private static AccessToken Token(string value) => new(value, SampleConfiguration.Now, null, [], []);
}
