using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests that compressed responses are read, within the limit of other responses (RFC 9110 §8.4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CompressedBodyTests
{
    private const int Limit = 1024;

    [TestCase("gzip")]
    [TestCase("deflate")]
    [TestCase("br")]
    [Description(
        "RFC 9110 §8.4: a proxy compresses the responses of metadata, keys, token endpoint, UserInfo and introspection, although the "
            + "client did not ask for it; a login works"
    )]
    public async Task Responses_that_nobody_asked_to_be_compressed_are_read(string coding)
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        foreach (var endpoint in new[] { TestEndpoint.Metadata, TestEndpoint.Jwks, TestEndpoint.Token, TestEndpoint.UserInfo })
            host.Server.Faults.Add(endpoint, Fault.Compressed(coding));

        var grant = await host.SignInAsync();
        var info = await host.Client.GetUserInfoAsync(grant.Owner);

        Assert.That(info.Subject, Is.EqualTo(grant.Subject));
        Assert.That(host.Server.Requests.Select(request => request.Headers.ContainsKey("Accept-Encoding")), Has.None.True);
    }

    [Test]
    [Description("RFC 6749 §5.2: the error in a compressed response reaches the caller")]
    public async Task A_compressed_error_is_read()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.ClientSecret = "a-wrong-secret");
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Compressed());

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(TokenEndpointException.Error)).EqualTo("invalid_client")
        );
    }

    [Test]
    [Description("RFC 9110 §8.4: a primary handler that decompresses by itself, and removes the header, is supported")]
    public async Task A_primary_handler_may_decompress()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All }
            )
        );
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Compressed());

        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client), Throws.Nothing);
    }

    [TestCase("gzip")]
    [TestCase("deflate")]
    [TestCase("br")]
    [Description("Threat: oversized body. A small body that is 64 MB when decompressed is rejected at the limit of plain bodies")]
    public async Task A_compression_bomb_is_rejected(string coding)
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.CompressionBomb(coding, 64 * 1024 * 1024));

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<HttpRequestException>().With.Message.Contains("is longer than 1048576 bytes")
        );
    }

    private static IEnumerable<TestCaseData> Bodies()
    {
        byte[] plain = Encoding.UTF8.GetBytes("{\"a\":\"" + new string('x', 500) + "\"}");
        yield return Case("gzip", ["gzip"], Gzip(plain));
        yield return Case("x-gzip", ["x-gzip"], Gzip(plain));
        yield return Case("upper case", ["GZIP"], Gzip(plain));
        yield return Case("zlib", ["deflate"], Zlib(plain));
        yield return Case("raw deflate", ["deflate"], RawDeflate(plain));
        yield return Case("two codings", ["br", "gzip"], Gzip(Brotli(plain)));
        yield return Case("identity", ["identity"], plain);
        yield return Case("no coding", [], plain);
        yield return Case("a wrong header", ["gzip"], plain);

        TestCaseData Case(string name, string[] codings, byte[] body) => new TestCaseData(codings, body, plain).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Bodies))]
    [Description("RFC 9110 §8.4: each coding is removed, the last one first; raw deflate and an unnecessary header occur too")]
    public void Each_coding_is_removed(string[] codings, byte[] body, byte[] plain) =>
        Assert.That(ContentDecoder.Decode(body, codings, Limit)!.Value.ToArray(), Is.EqualTo(plain));

    private static IEnumerable<TestCaseData> DefectiveBodies()
    {
        byte[] plain = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 200).Select(i => $"{i},")));
        yield return Case("zstd", ["zstd"], plain);
        yield return Case("not gzip", ["gzip"], [0x1F, 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        yield return Case("not deflate", ["deflate"], plain);
        yield return Case("not br", ["br"], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        yield return Case("four codings", ["gzip", "gzip", "gzip", "gzip"], Gzip(Gzip(Gzip(Gzip(plain)))));

        static TestCaseData Case(string name, string[] codings, byte[] body) => new TestCaseData(codings, body).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(DefectiveBodies))]
    [Description("RFC 9110 §8.4: a body that cannot be decompressed causes one type of exception")]
    public void A_body_that_cannot_be_decompressed_is_rejected(string[] codings, byte[] body) =>
        Assert.That(() => ContentDecoder.Decode(body, codings, Limit), Throws.TypeOf<InvalidDataException>());

    [Test]
    [Description("Threat: oversized body. The limit applies to each step, so nested bombs are stopped too; the limit itself is allowed")]
    public void The_limit_applies_after_decompression()
    {
        Assert.That(ContentDecoder.Decode(Gzip(new byte[Limit]), ["gzip"], Limit)!.Value.Length, Is.EqualTo(Limit));
        Assert.That(ContentDecoder.Decode(Gzip(new byte[Limit + 1]), ["gzip"], Limit), Is.Null);
        Assert.That(ContentDecoder.Decode(Gzip(Gzip(new byte[10_000_000])), ["gzip", "gzip"], Limit), Is.Null);
    }

    private static byte[] Gzip(byte[] plain) => Compressed(plain, target => new GZipStream(target, CompressionLevel.Fastest));

    private static byte[] Zlib(byte[] plain) => Compressed(plain, target => new ZLibStream(target, CompressionLevel.Fastest));

    private static byte[] RawDeflate(byte[] plain) => Compressed(plain, target => new DeflateStream(target, CompressionLevel.Fastest));

    private static byte[] Brotli(byte[] plain) => Compressed(plain, target => new BrotliStream(target, CompressionLevel.Fastest));

    private static byte[] Compressed(byte[] plain, Func<Stream, Stream> create)
    {
        using MemoryStream target = new();
        using (var stream = create(target))
            stream.Write(plain);
        return target.ToArray();
    }
}
