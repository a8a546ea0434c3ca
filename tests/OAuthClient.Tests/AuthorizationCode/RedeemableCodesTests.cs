using System.Reflection;

namespace OAuthClient.Tests;

/// <summary>The type system says that no code is redeemed which was not validated (RFC 9700 §4.4, §4.7); these tests say that it still does.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedeemableCodesTests
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Type[] Types = typeof(IOAuthClient).Assembly.GetTypes();

    [Test]
    [Description("RFC 6749 §4.1.3: a code request is made from a validated response and from nothing else")]
    public void A_code_request_takes_a_validated_response_only()
    {
        var constructors = typeof(AuthorizationCodeRequest).GetConstructors(All);

        Assert.That(constructors, Has.Length.EqualTo(1));
        Assert.That(
            constructors[0].GetParameters().Select(parameter => parameter.ParameterType),
            Is.EqualTo([typeof(ValidatedAuthorizationResponse)])
        );
    }

    [Test]
    [Description("RFC 9700 §4.7: only validation makes a validated response, and validation asks for the pending authorization")]
    public void A_validated_response_is_made_by_its_validation_only()
    {
        Assert.That(typeof(ValidatedAuthorizationResponse).GetConstructors(All), Has.All.Property(nameof(ConstructorInfo.IsPrivate)).True);
        Assert.That(typeof(ValidatedAuthorizationResponse).IsSealed);

        var makers = Types
            .SelectMany(type => type.GetMethods(All))
            .Where(method => method.ReturnType == typeof(ValidatedAuthorizationResponse))
            .ToList();
        Assert.That(makers.Select(method => method.Name), Is.EqualTo([nameof(ValidatedAuthorizationResponse.Validate)]));
        Assert.That(
            makers[0].GetParameters().Select(parameter => parameter.ParameterType),
            Is.EqualTo([typeof(PendingAuthorization), typeof(AuthorizationResponse)])
        );
    }

    [Test]
    [Description("RFC 6749 §4.1.2: an application that parses a callback gets no code to redeem elsewhere")]
    public void No_public_member_gives_a_code_or_a_verifier()
    {
        Type[] inner =
        [
            typeof(AuthorizationCode),
            typeof(CodeVerifier),
            typeof(ClientSecret),
            typeof(ValidatedAuthorizationResponse),
            typeof(AuthorizationCodeRequest),
        ];

        Assert.That(inner, Has.None.Property(nameof(Type.IsVisible)).True);
        Assert.That(
            typeof(PendingAuthorization).GetProperties().Select(property => property.Name),
            Is.EquivalentTo([
                nameof(PendingAuthorization.AuthorizationUri),
                nameof(PendingAuthorization.ExpiresAt),
                nameof(PendingAuthorization.ClientName),
            ])
        );
        Assert.That(typeof(PendingAuthorization).GetConstructors(), Is.Empty);
    }

    [TestCase("authorization_code", "CompleteAuthorizationAsync")]
    [TestCase("password", "RFC 9700 §2.4")]
    [TestCase("implicit", "RFC 9700 §2.1.2")]
    [TestCase("refresh_token", "TokenRequest.Refresh")]
    [TestCase("client_credentials", "TokenRequest.ClientCredentials")]
    [Description("RFC 9700 §2.1, §2.4: the way for extension grants is no way around")]
    public void An_extension_grant_is_no_way_around(string grantType, string instead) =>
        Assert.That(
            () => TokenRequest.Extension(grantType, [new("code", "the-code")]),
            Throws.ArgumentException.With.Message.Contains(instead).And.Message.Not.Contains("the-code")
        );
}
