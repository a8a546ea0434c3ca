using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests that a request uses exactly one authentication method, and never the address (RFC 6749 §2.3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientAuthenticationMethodsTests
{
    private const string Special = ":&+% \u00fc";

    [Test]
    [Description("RFC 6749 §2.3.1, appendix B: client ID and secret are form-encoded, joined by a colon and base64-encoded")]
    public void Basic_authentication_is_encoded_as_specified()
    {
        var (header, form) = Authenticate(o =>
        {
            o.ClientId = "id" + Special;
            o.ClientSecret = "secret" + Special;
        });

        Assert.That(
            Encoding.Latin1.GetString(Convert.FromBase64String(header!["Basic ".Length..])),
            Is.EqualTo("id%3A%26%2B%25+%C3%BC:secret%3A%26%2B%25+%C3%BC")
        );
        Assert.That(header, Does.StartWith("Basic ").And.Match("^Basic [A-Za-z0-9+/]+=*$"));
        Assert.That(form, Is.Empty, "the body has no credentials, not even client_id");
    }

    [Test]
    [Description("RFC 6749 §2.3.1: the example of the specification")]
    public void Basic_authentication_equals_the_example_of_the_specification()
    {
        var (header, _) = Authenticate(o =>
        {
            o.ClientId = "s6BhdRkqt3";
            o.ClientSecret = "7Fjfp0ZBr1KtDRbnfVdmIw";
        });

        Assert.That(header, Is.EqualTo("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"));
    }

    [Test]
    [Description("FAPI 2.0 Security Profile §5.3.3.1: metadata that offer only none or a secret do not lower the authentication")]
    public void FAPI_2_uses_the_key_whatever_the_metadata_offer([Values("none", "client_secret_basic")] string offered)
    {
        var client = SampleConfiguration.Create(Fapi2OptionsTests.Conform);
        var server = SampleConfiguration.Server with { TokenEndpointAuthenticationMethods = [offered] };
        Assert.That(ClientAuthenticationMethods.Choose(client, server).Method, Is.EqualTo(ClientAuthenticationMethod.PrivateKeyJwt));
        Assert.That(
            () => ClientAuthenticationMethods.ChooseToRegister(stated: null, client, server),
            Throws.TypeOf<OAuthException>().With.Message.Contains("supports none of them")
        );
    }

    [Test]
    [Description("RFC 6749 §2.3.1: client_secret_post sends client ID and secret in the body, without a header")]
    public void Client_secret_post_sends_id_and_secret_in_the_body()
    {
        var (header, form) = Authenticate(o =>
        {
            o.ClientId = "id" + Special;
            o.ClientSecret = "secret" + Special;
            o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretPost;
        });

        Assert.That(header, Is.Null);
        Assert.That(
            form,
            Is.EqualTo(new KeyValuePair<string, string>[] { new("client_id", "id" + Special), new("client_secret", "secret" + Special) })
        );
    }

    [TestCase(null)]
    [TestCase(ClientAuthenticationMethod.None)]
    [Description("RFC 6749 §3.2.1: a public client sends its identifier and no credentials")]
    public void A_public_client_sends_its_id(ClientAuthenticationMethod? method)
    {
        var (header, form) = Authenticate(o => o.ClientAuthentication = method);

        Assert.That(header, Is.Null);
        Assert.That(form, Is.EqualTo(new KeyValuePair<string, string>[] { new("client_id", "client-id") }));
    }

    [TestCase(null, ClientAuthenticationMethod.ClientSecretBasic)]
    [TestCase("", ClientAuthenticationMethod.ClientSecretBasic)]
    [TestCase("client_secret_basic", ClientAuthenticationMethod.ClientSecretBasic)]
    [TestCase("client_secret_post,client_secret_basic", ClientAuthenticationMethod.ClientSecretBasic)]
    [TestCase("client_secret_post", ClientAuthenticationMethod.ClientSecretPost)]
    [TestCase("private_key_jwt,client_secret_post,none", ClientAuthenticationMethod.ClientSecretPost)]
    [TestCase("CLIENT_SECRET_POST", ClientAuthenticationMethod.ClientSecretBasic)]
    [TestCase("none", ClientAuthenticationMethod.ClientSecretBasic)]
    [TestCase("private_key_jwt", ClientAuthenticationMethod.ClientSecretBasic)]
    [Description("RFC 8414 §2: the server metadata selects the method; a client with a secret always authenticates")]
    public void The_default_method_follows_the_metadata(string? offered, ClientAuthenticationMethod expected)
    {
        var server = SampleConfiguration.Server with
        {
            TokenEndpointAuthenticationMethods = offered?.Split(',', StringSplitOptions.RemoveEmptyEntries),
        };

        Assert.That(MethodOf(SampleConfiguration.Create(o => o.ClientSecret = "secret"), server), Is.EqualTo(expected));
        Assert.That(MethodOf(SampleConfiguration.Create(), server), Is.EqualTo(ClientAuthenticationMethod.None));
    }

    [TestCase(ClientAuthenticationMethod.ClientSecretBasic, "client_secret_post")]
    [TestCase(ClientAuthenticationMethod.ClientSecretPost, "client_secret_basic")]
    [Description("RFC 6749 §2.3: a configured method overrides the metadata")]
    public void A_configured_method_overrides_the_metadata(ClientAuthenticationMethod method, string offered)
    {
        var configuration = SampleConfiguration.Create(o =>
        {
            o.ClientSecret = "secret";
            o.ClientAuthentication = method;
        });

        Assert.That(
            MethodOf(configuration, SampleConfiguration.Server with { TokenEndpointAuthenticationMethods = [offered] }),
            Is.EqualTo(method)
        );
    }

    [Test]
    [Description("RFC 6749 §2.3: the secret is sent in the header, in the body or not at all")]
    public void The_secret_is_sent_once_at_most()
    {
        foreach (
            var method in new ClientAuthenticationMethod?[]
            {
                null,
                ClientAuthenticationMethod.None,
                ClientAuthenticationMethod.ClientSecretBasic,
                ClientAuthenticationMethod.ClientSecretPost,
            }
        )
        {
            foreach (
                string[]? offered in new[]
                {
                    null,
                    ["client_secret_basic"],
                    new[] { "client_secret_post" },
                    ["client_secret_basic", "client_secret_post"],
                }
            )
            {
                var (header, form) = Authenticate(
                    o => (o.ClientSecret, o.ClientAuthentication) = ("secret", method),
                    SampleConfiguration.Server with
                    {
                        TokenEndpointAuthenticationMethods = offered,
                    },
                    new KeyValuePair<string, string>("grant_type", "authorization_code")
                );

                int places = (header is null ? 0 : 1) + form.Count(field => field.Key == "client_secret");
                Assert.That(places, Is.EqualTo(method == ClientAuthenticationMethod.None ? 0 : 1));
                Assert.That(form.Count(field => field.Key == "client_id"), Is.EqualTo(header is null ? 1 : 0));
                Assert.That(form[0].Key, Is.EqualTo("grant_type"));
            }
        }
    }

    [Test]
    [Description("RFC 6749 §2.3: there is one entry for each method of the options, and each name belongs to one method")]
    public void Each_method_has_one_entry()
    {
        foreach (var method in Enum.GetValues<ClientAuthenticationMethod>())
        {
            var entry = ClientAuthenticationMethods.Of(method);
            Assert.That(entry.Names, Is.Not.Empty);
            Assert.That(entry.Names.Select(name => ClientAuthenticationMethods.Find(name)?.Method), Is.All.EqualTo(method));
        }
    }

    private static ClientAuthenticationMethod MethodOf(ClientConfiguration configuration, AuthorizationServerMetadata server) =>
        ClientAuthenticationMethods.Choose(configuration, server).Method;

    private static (string? Header, IReadOnlyList<KeyValuePair<string, string>> Form) Authenticate(
        Action<OAuthClientOptions> options,
        AuthorizationServerMetadata? server = null,
        params KeyValuePair<string, string>[] form
    )
    {
        var configuration = SampleConfiguration.Create(options);
        server ??= SampleConfiguration.Server;
        AuthenticatedRequest request = new(HttpMethod.Post, server.Get(ServerEndpoint.Token), form, SampleConfiguration.Now, []);
        var applied = ClientAuthenticationMethods
            .Choose(configuration, server)
            .Create(configuration)
            .ApplyAsync(request, server, CancellationToken.None);
        Assert.That(applied.IsCompletedSuccessfully);
        return (request.Authorization, request.Form!);
    }
}
