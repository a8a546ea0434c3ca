using System.Net;

namespace OAuthClient.Tests;

/// <summary>Tests the exception for an error response of an endpoint (RFC 6749 §5.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class EndpointExceptionTests
{
    private static readonly EndpointFailure Failure = new("token endpoint", new("https://s.example.com/t"), HttpStatusCode.BadRequest);

    [TestCase("invalid_grant", "answered 400 invalid_grant.")]
    [TestCase("invalid_client", "answered 400 invalid_client: check ClientId, ClientSecret")]
    [TestCase("invalid_scope", "answered 400 invalid_scope: check Scopes")]
    [TestCase("unauthorized_client", "answered 400 unauthorized_client: the server does not allow this client")]
    [TestCase("unsupported_grant_type", "answered 400 unsupported_grant_type: the server does not support this grant type.")]
    [Description("RFC 6749 §5.2: the message contains the error code and its most likely cause")]
    public void The_message_contains_the_code_and_advice(string error, string words)
    {
        var exception = new TokenEndpointException(Failure with { Error = error });

        Assert.That(exception.Error, Is.EqualTo(error));
        Assert.That(exception.Message, Does.StartWith("The token endpoint (https://s.example.com/t) " + words));
    }

    [Test]
    [Description("RFC 6749 §5.2: each member of the error response has its own property")]
    public void Each_member_has_its_own_property()
    {
        var exception = new EndpointException(
            Failure with
            {
                Error = "e",
                ErrorDescription = "d",
                ErrorUri = "u",
                RetryAfter = TimeSpan.FromSeconds(3),
            }
        );

        Assert.That(exception.Message, Is.EqualTo("The token endpoint (https://s.example.com/t) answered 400 e (\"d\")."));
        Assert.That(exception.Endpoint, Is.EqualTo(new Uri("https://s.example.com/t")));
        Assert.That(exception.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(exception.ErrorDescription, Is.EqualTo("d"));
        Assert.That(exception.ErrorUri, Is.EqualTo("u"));
        Assert.That(exception.RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(3)));
    }

    [Test]
    [Description("RFC 6749 §5.2: without an error code the message describes the content")]
    public void Without_a_code_the_message_describes_the_content()
    {
        Assert.That(
            new EndpointException(Failure with { UnexpectedContent = "with 3 bytes of text/html instead of a JSON object" }).Message,
            Is.EqualTo("The token endpoint (https://s.example.com/t) answered 400 with 3 bytes of text/html instead of a JSON object.")
        );
        Assert.That(new EndpointException(Failure).Message, Does.EndWith("answered 400 without a body."));
    }

    [Test]
    [Description("RFC 6749 §5.2: each endpoint has its own exception type")]
    public void Each_endpoint_has_its_own_exception_type()
    {
        Assert.That(new TokenEndpointException(Failure), Is.InstanceOf<EndpointException>().And.InstanceOf<OAuthException>());
        Assert.That(
            new ReauthorizationRequiredException("photos", "Why."),
            Is.InstanceOf<OAuthException>().With.Property("ClientName").EqualTo("photos").And.Message.EqualTo("Why.")
        );
        Assert.That(() => new ReauthorizationRequiredException(null!, "Why."), Throws.ArgumentNullException);
        Assert.That(new OAuthProtocolException("Why."), Is.InstanceOf<OAuthException>());
    }
}
