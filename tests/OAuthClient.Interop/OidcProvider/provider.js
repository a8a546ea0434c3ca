// Runs oidc-provider on a free loopback port, with clients and keys that the tests specify.
// Reads one JSON object per line from its input, responds to each with one on its output, and exits when the input ends.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createInterface } from 'node:readline';
import Provider, { errors } from 'oidc-provider';

// What a server requires of all its clients, which differs between the tests.
const required = { pushedRequests: false, signedRequests: false, fapi: undefined, ...JSON.parse(process.env.REQUIRED) };
const accounts = new Map([['alice', { name: 'Alice Ärmel', email: 'alice@example.com', email_verified: true }]]);
const apis = new Map([
  ['https://api.example.com/photos', 'photos.read photos.write'],
  ['https://api.example.com/mail', 'mail.read'],
]);

// The user chooses an account, which the provider adds to each payment (RFC 9396 §7.1).
const payments = {
  requested: (ctx) => ctx.oidc.params.authorization_details && JSON.parse(ctx.oidc.params.authorization_details),
  granted: (ctx) => payments.requested(ctx)?.map((detail) => ({ ...detail, account: 'DE02' })),
  part: (ctx, token, source) => payments.requested(ctx)?.map((detail) => {
    const whole = source ? source.rar?.find((one) => detail.actions.every((action) => one.actions.includes(action))) : detail;
    if (!whole) throw new errors.InvalidAuthorizationDetails('more than what was granted');
    return { ...whole, actions: detail.actions };
  }) ?? source?.rar,
  validate(ctx, { type, actions, amount, ...unknown }) {
    if (!Array.isArray(actions)) throw new errors.InvalidAuthorizationDetails('a payment needs actions');
    if (Object.keys(unknown).length) throw new errors.InvalidAuthorizationDetails(`unknown members ${Object.keys(unknown)}`);
  },
};

// Kept when the provider is replaced, which a change of its keys requires.
const stored = new Map();

class Store {
  constructor(kind) {
    this.kind = kind;
  }

  key(id) {
    return `${this.kind}:${id}`;
  }

  async upsert(id, payload) {
    stored.set(this.key(id), payload);
    if (payload.grantId) {
      const grant = `grant:${payload.grantId}`;
      stored.set(grant, [...(stored.get(grant) ?? []), this.key(id)]);
    }
    if (payload.uid) stored.set(`uid:${payload.uid}`, this.key(id));
    if (payload.userCode) stored.set(`userCode:${payload.userCode}`, this.key(id));
  }

  async find(id) {
    return stored.get(this.key(id));
  }

  async findByUid(uid) {
    return stored.get(stored.get(`uid:${uid}`));
  }

  async findByUserCode(userCode) {
    return stored.get(stored.get(`userCode:${userCode}`));
  }

  async consume(id) {
    stored.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    stored.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of stored.get(`grant:${grantId}`) ?? []) stored.delete(key);
  }
}

let generation = 0;

function keys() {
  generation += 1;
  const key = (type, options, use) => ({
    ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
    use: 'sig',
    ...use,
    kid: `${use.alg}-${generation}`,
  });
  return {
    keys: [
      key('rsa', { modulusLength: 2048 }, { alg: 'RS256' }),
      key('rsa', { modulusLength: 2048 }, { alg: 'PS256' }),
      key('ec', { namedCurve: 'P-256' }, { alg: 'ES256' }),
      key('ed25519', {}, { alg: 'EdDSA' }),
      key('ed25519', {}, { alg: 'Ed25519' }),
    ],
  };
}

function configuration(jwks) {
  return {
    adapter: Store,
    jwks,
    cookies: { keys: ['a key that signs nothing but the cookies of a test'] },
    scopes: ['openid', 'offline_access', 'profile', 'email', 'photos.read', 'photos.write', 'mail.read'],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'HS256'],
      userinfoSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      introspectionSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      authorizationSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      requestObjectSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'HS256'],
      idTokenEncryptionAlgValues: ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW'],
      userinfoEncryptionAlgValues: ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES'],
      idTokenEncryptionEncValues: ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'],
      userinfoEncryptionEncValues: ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'],
    },
    clientAuthMethods: [
      'client_secret_basic', 'client_secret_post', 'private_key_jwt', 'client_secret_jwt', 'none', 'self_signed_tls_client_auth',
    ],
    discovery: {
      mtls_endpoint_aliases: Object.fromEntries(
        Object.entries({ token: 'token', introspection: 'token/introspection', revocation: 'token/revocation', userinfo: 'me' })
          .map(([name, path]) => [`${name}_endpoint`, `https://127.0.0.1:${tlsServer.address().port}/${path}`]),
      ),
    },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: required.pushedRequests },
      requestObjects: { enabled: true, requireSignedRequestObject: required.signedRequests },
      dPoP: { enabled: true, nonceSecret, requireNonce: () => true },
      fapi: { enabled: required.fapi !== undefined, profile: required.fapi },
      jwtResponseModes: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      jwtIntrospection: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (ctx, client, token) => client.clientId === token.clientId },
      registration: { enabled: true, initialAccessToken: 'an-initial-access-token' },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
      jwtUserinfo: { enabled: true },
      mTLS: {
        enabled: true,
        selfSignedTlsClientAuth: true,
        certificateBoundAccessTokens: true,
        getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.()?.toString(),
      },
      encryption: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      richAuthorizationRequests: {
        enabled: true,
        types: { payment: { validate: payments.validate } },
        authorizationDetailsForGrantSource: (ctx) => payments.granted(ctx),
        authorizationDetailsForAccessToken: (ctx, token, source) => payments.part(ctx, token, source),
        authorizationDetailsForIntrospection: (ctx, token) => token.rar,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo(ctx, resource) {
          if (!apis.has(resource)) throw new Error('no such resource');
          return { scope: apis.get(resource), audience: resource, accessTokenFormat: 'opaque', accessTokenTTL: 600 };
        },
      },
    },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) }),
    // The tests serve on loopback addresses, which the provider rejects by default.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    ttl: {
      AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 600, Grant: 3600, IdToken: 600, Interaction: 600, RefreshToken: 3600, Session: 3600,
    },
  };
}

const server = createServer((request, response) => handle(request, response));
// The provider decides to which client a certificate belongs.
const tlsServer = createTlsServer(
  { key: process.env.TLS_KEY, cert: process.env.TLS_CERTIFICATE, requestCert: true, rejectUnauthorized: false },
  (request, response) => handle(request, response),
);
let handle;
let provider;
let jwks = keys();
let nonceSecret = randomBytes(32);

function start() {
  const { port } = server.address();
  provider = new Provider(`http://127.0.0.1:${port}`, configuration(jwks));
  provider.on('server_error', (ctx, error) => console.error(error));
  handle = provider.callback();
}

const commands = {
  client(metadata) {
    stored.set(`Client:${metadata.client_id}`, metadata);
  },
  rotate({ keepPrevious }) {
    const previous = jwks.keys;
    const fresh = keys();
    jwks = { keys: keepPrevious ? [...fresh.keys, ...previous] : fresh.keys };
    start();
  },
  rotateNonces() {
    nonceSecret = randomBytes(32);
    start();
  },
};

tlsServer.listen(0, '127.0.0.1', () => server.listen(0, '127.0.0.1', () => {
  start();
  console.log(JSON.stringify({ issuer: provider.issuer }));
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const [[command, argument]] = Object.entries(JSON.parse(line));
    try {
      commands[command](argument);
      console.log(JSON.stringify({ done: command }));
    } catch (error) {
      console.log(JSON.stringify({ failed: `${error.message} ${error.error_description ?? ''}` }));
    }
  });
  input.on('close', () => process.exit(0));
}));
