using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Tests standard claims as a typed record and as a principal (OpenID Connect Core §5.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class StandardClaimsTests
{
    private const string Everything = """
        {
          "sub": "alice", "name": "n", "given_name": "gn", "family_name": "fn", "middle_name": "mn", "nickname": "nn",
          "preferred_username": "pu",
          "profile": "https://p.example", "picture": "https://i.example", "website": "https://w.example",
          "email": "e@example.com", "email_verified": true,
          "gender": "g", "birthdate": "0000-05-01", "zoneinfo": "Europe/Paris", "locale": "fr-CA",
          "phone_number": "+1", "phone_number_verified": false,
          "address": { "formatted": "f", "street_address": "s", "locality": "l", "region": "r", "postal_code": "p", "country": "c" },
          "updated_at": 1893456000.5
        }
        """;

    [Test]
    [Description("OpenID Connect Core §5.1, §5.1.1: each standard claim is read into its property")]
    public void Each_standard_claim_has_a_property()
    {
        Assert.That(
            Of(Everything),
            Is.EqualTo(
                new StandardClaims
                {
                    Subject = "alice",
                    Name = "n",
                    GivenName = "gn",
                    FamilyName = "fn",
                    MiddleName = "mn",
                    Nickname = "nn",
                    PreferredUsername = "pu",
                    Profile = "https://p.example",
                    Picture = "https://i.example",
                    Website = "https://w.example",
                    Email = "e@example.com",
                    EmailVerified = true,
                    Gender = "g",
                    Birthdate = "0000-05-01",
                    ZoneInfo = "Europe/Paris",
                    Locale = "fr-CA",
                    PhoneNumber = "+1",
                    PhoneNumberVerified = false,
                    Address = new()
                    {
                        Formatted = "f",
                        StreetAddress = "s",
                        Locality = "l",
                        Region = "r",
                        PostalCode = "p",
                        Country = "c",
                    },
                    UpdatedAt = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
                }
            )
        );
        Assert.That(
            typeof(StandardClaims).GetProperties().Count(property => property.GetValue(Of(Everything)) is null),
            Is.Zero,
            "a property is missing in this test"
        );
    }

    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("[\"a\"]")]
    [TestCase("\"\\ud800\"")]
    [TestCase("-5")]
    [TestCase("1e400")]
    [TestCase("{\"formatted\":5}")]
    [Description("RFC 6749 §10.14: a claim of the wrong type is null and causes no exception")]
    public void A_claim_of_the_wrong_type_is_null(string value)
    {
        var claims = JsonNode.Parse(Everything)!.AsObject();
        string json = "{" + string.Join(',', claims.Select(claim => $"\"{claim.Key}\":{value}")) + "}";
        var read = Of(json);
        Assert.That(read with { Address = null }, Is.EqualTo(new StandardClaims()));
        Assert.That(read.Address, Is.EqualTo(value[0] == '{' ? new AddressClaim() : null));
    }

    [TestCase("\"true\"", true)]
    [TestCase("\"True\"", true)]
    [TestCase("\"false\"", false)]
    [TestCase("\"yes\"", null)]
    [TestCase("1", null)]
    [Description("Booleans that a server sends as strings are read")]
    public void A_boolean_may_be_a_string(string value, bool? expected) =>
        Assert.That(Of($"{{\"email_verified\":{value}}}").EmailVerified, Is.EqualTo(expected));

    [Test]
    [Description("No claim value appears in ToString")]
    public void ToString_contains_no_claim_value()
    {
        Assert.That(Of(Everything).ToString(), Is.EqualTo("Standard claims"));
        Assert.That(Of(Everything).Address!.ToString(), Is.EqualTo("Address"));
    }

    [Test]
    [Description("OpenID Connect Core §5.7: each claim of the principal has the server as its issuer; claims about the token are omitted")]
    public void A_principal_contains_the_claims_about_the_user()
    {
        var idToken = Json(
            """{"iss":"https://as.example","sub":"alice","aud":"c","azp":"c","exp":1,"iat":1,"nbf":1,"jti":"j","""
                + """ "nonce":"n","at_hash":"h","c_hash":"h","name":"Alice","roles":["admin","reader"],"auth_time":5}"""
        );
        var userInfo = Json(
            """{"sub":"alice","name":"another name","email":"e@example.com","email_verified":true,"height":1.75,"""
                + """ "address":{"country":"c"},"groups":[],"nested":[["x"]],"gone":null,"broken":"\ud800","""
                + """ "_claim_names":{},"_claim_sources":{}}"""
        );

        var principal = ClaimsPrincipalFactory.Create([], "https://as.example", "OAuthClient", "name", "roles", idToken, userInfo);

        Assert.That(principal.Identity!.IsAuthenticated, Is.True);
        Assert.That(principal.Identity.AuthenticationType, Is.EqualTo("OAuthClient"));
        Assert.That(principal.Identity.Name, Is.EqualTo("Alice"));
        Assert.That(principal.IsInRole("admin") && principal.IsInRole("reader") && !principal.IsInRole("Admin"), Is.True);
        Assert.That(
            principal.Claims.Select(claim => $"{claim.Type}={claim.Value}"),
            Is.EqualTo([
                "sub=alice",
                "name=Alice",
                "roles=admin",
                "roles=reader",
                "auth_time=5",
                "email=e@example.com",
                "email_verified=true",
                "height=1.75",
                "address={\"country\":\"c\"}",
                "nested=[\"x\"]",
            ])
        );
        Assert.That(principal.Claims.Select(claim => claim.Issuer), Has.All.EqualTo("https://as.example"));
        Assert.That(principal.FindFirst("auth_time")!.ValueType, Is.EqualTo(System.Security.Claims.ClaimValueTypes.Integer64));
        Assert.That(principal.FindFirst("email_verified")!.ValueType, Is.EqualTo(System.Security.Claims.ClaimValueTypes.Boolean));
        Assert.That(principal.FindFirst("height")!.ValueType, Is.EqualTo(System.Security.Claims.ClaimValueTypes.Double));
        Assert.That(principal.FindFirst("address")!.ValueType, Is.EqualTo("JSON"));
    }

    private static StandardClaims Of(string claims) => StandardClaims.Of(Json(claims));

    private static JsonElement Json(string json) => StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json))!.Value;

    [Test]
    [Description("RFC 8259 §8.1: a claim that contains invalid UTF-8 is omitted from the principal; the others are kept")]
    public void A_claim_that_is_not_valid_UTF8_is_omitted()
    {
        var claims = StrictJson
            .TryParseObject(Encoding.Latin1.GetBytes("""{"sub":"alice","address":{"country":"Türkiye"},"roles":["r"]}"""))!
            .Value;

        var principal = ClaimsPrincipalFactory.Create([], "https://server.example.com", "OpenID Connect", "name", "roles", claims);

        Assert.That(principal.Claims.Select(claim => $"{claim.Type} {claim.Value}"), Is.EqualTo(new[] { "sub alice", "roles r" }));
    }

    [Test]
    [Description("OpenID Connect Core §5.1: claims that are not strings have their value type; null is omitted")]
    public void Each_JSON_type_has_a_claim_value_type()
    {
        var claims = StrictJson
            .TryParseObject(
                Encoding.UTF8.GetBytes(
                    """{"email_verified":false,"admin":true,"updated_at":7,"height":1.5,"address":{"country":"TR"},"""
                        + """ "nickname":null}"""
                )
            )!
            .Value;

        var principal = ClaimsPrincipalFactory.Create([], "https://server.example.com", "OpenID Connect", "name", "roles", claims);

        Assert.That(
            principal.Claims.Select(claim => $"{claim.Type} {claim.Value}"),
            Is.EqualTo(new[] { "email_verified false", "admin true", "updated_at 7", "height 1.5", """address {"country":"TR"}""" })
        );
    }

    [TestCase("roles", """{"roles":["reader"],"Roles":["admin"],"role":"admin"}""")]
    [TestCase("roles", """{"ROLES":["admin"]}""")]
    [TestCase("", """{"http://schemas.microsoft.com/ws/2008/06/identity/claims/role":"admin","roles":"admin"}""")]
    [Description("Threat: a server grants roles of the application. Claim types are compared without case, so similar names are omitted")]
    public void Only_the_named_claim_grants_roles(string roleClaim, string claims)
    {
        var principal = ClaimsPrincipalFactory.Create([], "https://server.example.com", "OpenID Connect", "name", roleClaim, Json(claims));

        Assert.That(principal.IsInRole("admin"), Is.False);
    }
}
