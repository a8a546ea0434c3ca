using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests that the server can answer as real servers do that deviate in form.</summary>
[TestFixture]
internal sealed class OddResponseTests
{
    [TestCase("gzip")]
    [TestCase("deflate")]
    [TestCase("br")]
    public async Task Compressed_compresses_the_response_of_the_endpoint(string coding)
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.Compressed(coding));

        using HttpResponseMessage response = await bed.GetAsync(bed.Server.JwksUri);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Content.Headers.ContentEncoding, Is.EqualTo(new[] { coding }));
            Assert.That(JsonNode.Parse(await DecompressAsync(response, coding))!["keys"]!.AsArray(), Is.Not.Empty);
        }
    }

    [Test]
    public async Task A_compression_bomb_is_small_until_it_is_decompressed()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.CompressionBomb("gzip", 10 * 1024 * 1024));

        using HttpResponseMessage response = await bed.GetAsync(bed.Server.JwksUri);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.ContentLength, Is.LessThan(200 * 1024));
            Assert.That(await DecompressAsync(response, "gzip"), Has.Length.EqualTo(10 * 1024 * 1024));
        }
    }

    [Test]
    public void Another_coding_is_an_argument_error()
    {
        Assert.That(() => Fault.Compressed("zstd"), Throws.ArgumentException.With.Message.Contains("gzip, deflate, br"));
        Assert.That(() => Fault.CompressionBomb("zstd"), Throws.ArgumentException);
    }

    [Test]
    public async Task RewrittenBody_changes_the_text_of_the_endpoint()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.RewrittenBody(json => "{\"a\":1,\"a\":2," + json[1..]));

        using HttpResponseMessage response = await bed.GetAsync(bed.Server.JwksUri);

        Assert.That(await response.Content.ReadAsStringAsync(), Does.StartWith("{\"a\":1,\"a\":2,\"keys\":[{"));
    }

    [Test]
    public async Task PublishMalformedKeys_puts_them_before_the_keys()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Options.PublishMalformedKeys = true;

        using HttpResponseMessage response = await bed.GetAsync(bed.Server.JwksUri);
        JsonArray keys = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["keys"]!.AsArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(keys, Has.Count.GreaterThan(10).And.Count.LessThan(100));
            Assert.That(keys[0], Is.Null);
            Assert.That((string?)keys[^1]!["kty"], Is.EqualTo("RSA"));
        }
    }

    [Test]
    public async Task PublishMalformedMetadata_keeps_what_a_sign_in_uses()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Options.PublishMalformedMetadata = true;

        using HttpResponseMessage response = await bed.GetAsync(new($"{bed.Server.Issuer}.well-known/openid-configuration"));
        JsonObject metadata = JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)metadata["token_endpoint"], Is.EqualTo(bed.Server.TokenEndpoint.AbsoluteUri));
            Assert.That((string?)metadata["revocation_endpoint"], Is.EqualTo("/revoke"));
        }
    }

    [Test]
    public async Task MetadataPath_replaces_the_well_known_addresses()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Options.MetadataPath = "/metadata";

        using HttpResponseMessage other = await bed.GetAsync(new($"{bed.Server.Issuer}metadata"));
        using HttpResponseMessage wellKnown = await bed.GetAsync(new($"{bed.Server.Issuer}.well-known/openid-configuration"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(wellKnown.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        }
    }

    private static async Task<byte[]> DecompressAsync(HttpResponseMessage response, string coding)
    {
        await using Stream compressed = await response.Content.ReadAsStreamAsync();
        await using Stream stream = coding switch
        {
            "gzip" => new GZipStream(compressed, CompressionMode.Decompress),
            "deflate" => new ZLibStream(compressed, CompressionMode.Decompress),
            _ => new BrotliStream(compressed, CompressionMode.Decompress),
        };
        using MemoryStream target = new();
        await stream.CopyToAsync(target);
        return target.ToArray();
    }
}
