namespace OAuthClient.Conventions.Tests;

public sealed class TypeNamesTests
{
    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void Types_have_meaningful_names(string project) =>
        Rule.Holds("Name the concept, with a term of the RFC:", TypeNames.Breaches(SourceTree.Load(project)));

    [TestCase("class TokenManager;")]
    [TestCase("interface ITokenService;")]
    [TestCase("record struct CallbackData;")]
    [TestCase("enum ServerInfo { }")]
    [TestCase("delegate void UriHelper();")]
    [TestCase("class Outer { class StringUtils; }")]
    [TestCase("class OAuthClient;")]
    public void A_meaningless_name_is_reported(string type) => Assert.That(Breaches(type), Has.Exactly(1).StartsWith("Thing.cs:1 "));

    [TestCase("class OAuthClientServiceCollectionExtensions;")]
    [TestCase("interface IOAuthClient;")]
    [TestCase("class Database;")]
    [TestCase("class Metadata;")]
    [TestCase("class UserInfo;")]
    public void Names_that_only_contain_such_a_word_are_accepted(string type) => Assert.That(Breaches(type), Is.Empty);

    private static IEnumerable<string> Breaches(string type) =>
        TypeNames.Breaches(SourceTree.Of("OAuthClient", ("Thing.cs", "namespace OAuthClient; " + type)));
}
