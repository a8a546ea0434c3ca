using System.Reflection;

namespace OAuthClient.Tests;

/// <summary>Tests that the type system allows only a validated code to be redeemed (RFC 9700 §4.4, §4.7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedeemableCodesTests
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Type[] Types = typeof(IOAuthClient).Assembly.GetTypes();

    [Test]
    [Description("RFC 6749 §4.1.3: an authorization code request is created from a validated response only")]
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
    [Description("RFC 9700 §4.7: only Validate creates a validated response, and it requires the pending authorization")]
    public void Only_Validate_creates_a_validated_response()
    {
        Assert.That(typeof(ValidatedAuthorizationResponse).GetConstructors(All), Has.All.Property(nameof(ConstructorInfo.IsPrivate)).True);
        Assert.That(typeof(ValidatedAuthorizationResponse).IsSealed);

        var creators = Types
            .SelectMany(type => type.GetMethods(All))
            .Where(method => method.ReturnType == typeof(ValidatedAuthorizationResponse))
            .ToList();
        Assert.That(creators.Select(method => method.Name), Is.EqualTo([nameof(ValidatedAuthorizationResponse.Validate)]));
        Assert.That(
            creators[0].GetParameters().Select(parameter => parameter.ParameterType),
            Is.EqualTo([typeof(PendingAuthorization), typeof(AuthorizationResponse), typeof(ServerAdaptation)])
        );
    }

    [Test]
    [Description("RFC 6749 §4.1.2: an application that parses a callback cannot read the code")]
    public void No_public_member_exposes_a_code_or_a_verifier()
    {
        Type[] hidden =
        [
            typeof(AuthorizationCode),
            typeof(CodeVerifier),
            typeof(ClientSecret),
            typeof(ValidatedAuthorizationResponse),
            typeof(AuthorizationCodeRequest),
        ];

        Assert.That(hidden, Has.None.Property(nameof(Type.IsVisible)).True);
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
    [Description("RFC 9700 §2.1, §2.4: extension grants cannot be used for the standard or the prohibited grant types")]
    public void An_extension_grant_cannot_use_a_standard_grant_type(string grantType, string instead) =>
        Assert.That(
            () => TokenRequest.Extension(grantType, [new("code", "the-code")]),
            Throws.ArgumentException.With.Message.Contains(instead).And.Message.Not.Contains("the-code")
        );
}
