// An OpenID provider with a device grant and client credentials: node server.mjs PORT. Its only user signs on with any name.
// Deliberately not here: whatever no scenario needs.
import { Provider } from 'oidc-provider';

const port = Number(process.argv[2] ?? 14300);
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const device = (client_id, ...more) => ({
  client_id,
  token_endpoint_auth_method: 'none',
  grant_types: [deviceGrant, ...more],
  response_types: [],
  redirect_uris: [],
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    device('screen', 'refresh_token'),
    device('other-screen'),
    device('impatient-screen'),
    {
      client_id: 'service',
      client_secret: process.env.CLIENT_SECRET,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  scopes: ['openid', 'offline_access', 'read'],
  ttl: {
    ClientCredentials: 300,
    DeviceCode: (ctx, code, client) => (client.clientId === 'impatient-screen' ? 1 : 600),
  },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});

provider.listen(port, '127.0.0.1', () => console.log(`listening on ${port}`));
