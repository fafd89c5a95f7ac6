// Sign-in, by better-auth: passkeys, optionally GitHub or an OIDC provider, and links that bring in one more device.
import { passkey } from '@better-auth/passkey';
import { betterAuth } from 'better-auth';
import { toNodeHandler } from 'better-auth/node';
import { genericOAuth } from 'better-auth/plugins';
import type { Db } from '@mainloop/models/db/pool';
import type { SignInConfig } from '../config.ts';
import { pairing } from './pairing.ts';

const DAY_S = 24 * 3600;

/** Everything here is off while mainloop is open to this machine only; then there is nobody to keep out. */
function openAuth(db: Db, config: SignInConfig) {
  const url = new URL(config.publicUrl);
  const providers = [
    ...(config.oidc
      ? [
          {
            providerId: 'oidc',
            ...config.oidc,
            scopes: ['openid', 'email', 'profile'],
            pkce: true,
            disableSignUp: true,
          },
        ]
      : []),
    ...(config.github ? [github(config.github)] : []),
  ];
  return betterAuth({
    appName: 'mainloop',
    baseURL: config.publicUrl,
    basePath: '/api/auth',
    secret: config.secret,
    database: db,
    trustedOrigins: [url.origin],
    telemetry: { enabled: false },
    logger: { level: 'error' },
    // No cache of sessions in the cookie: a device that is signed out is out at once.
    session: {
      expiresIn: 90 * DAY_S,
      updateAge: DAY_S,
      freshAge: 0,
      modelName: 'auth_sessions',
      fields: SESSION,
    },
    user: { modelName: 'auth_users', fields: { emailVerified: 'email_verified', ...TIMES } },
    account: {
      modelName: 'auth_accounts',
      fields: ACCOUNT,
      // Only an account that the owner has linked while signed in lets somebody in.
      accountLinking: { enabled: true, disableImplicitLinking: true, allowDifferentEmails: true },
    },
    // We ask a provider who somebody is, and nothing else: what it hands out besides is not kept.
    databaseHooks: {
      account: {
        create: { before: async (a) => ({ data: { ...a, ...NO_TOKENS } }) },
        update: { before: async (a) => ({ data: { ...a, ...NO_TOKENS } }) },
      },
    },
    verification: { modelName: 'auth_verifications', fields: { expiresAt: 'expires_at', ...TIMES } },
    rateLimit: {
      enabled: true,
      storage: 'database',
      modelName: 'auth_rate_limits',
      fields: { lastRequest: 'last_request' },
      window: 60,
      max: 100,
      customRules: {
        '/pair': { window: 60, max: 10 },
        '/passkey/verify-authentication': { window: 60, max: 20 },
      },
    },
    advanced: {
      cookiePrefix: 'mainloop',
      useSecureCookies: url.protocol === 'https:',
      defaultCookieAttributes: { sameSite: 'lax', httpOnly: true },
      // The page's server puts it there; what a browser sends is thrown away by it.
      ipAddress: { ipAddressHeaders: ['x-mainloop-client'] },
    },
    plugins: [
      passkey({
        rpID: url.hostname,
        rpName: 'mainloop',
        origin: url.origin,
        schema: { passkey: { modelName: 'auth_passkeys', fields: PASSKEY } },
      }),
      pairing(),
      ...(providers.length > 0 ? [genericOAuth({ config: providers })] : []),
    ],
  });
}
export type Auth = ReturnType<typeof openAuth>;

/** @returns the sign-in, and what answers the requests under `/api/auth/` */
export function openSignIn(
  db: Db,
  config: SignInConfig,
): { auth: Auth; handler: ReturnType<typeof toNodeHandler> } {
  const auth = openAuth(db, config);
  return { auth, handler: toNodeHandler(auth) };
}

/**
 * GitHub speaks OAuth without OpenID: who somebody is comes from its API. Their address may be hidden, and is
 * not needed.
 * @see https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 */
const github = (config: NonNullable<SignInConfig['github']>) => ({
  providerId: 'github',
  clientId: config.clientId,
  clientSecret: config.clientSecret,
  authorizationUrl: `${config.url}/login/oauth/authorize`,
  tokenUrl: `${config.url}/login/oauth/access_token`,
  scopes: ['read:user'],
  pkce: true,
  disableSignUp: true,
  getUserInfo: async (tokens: { accessToken?: string | undefined }) => {
    const api = config.url === 'https://github.com' ? 'https://api.github.com' : `${config.url}/api/v3`;
    const response = await fetch(`${api}/user`, {
      headers: {
        authorization: `Bearer ${tokens.accessToken ?? ''}`,
        accept: 'application/vnd.github+json',
        'user-agent': 'mainloop',
      },
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) return null;
    const user = (await response.json()) as { id: number; login: string; name: string | null };
    return {
      id: String(user.id),
      name: user.name ?? user.login,
      email: `${user.id}+${user.login}@users.noreply.github.com`,
      emailVerified: true,
    };
  },
});

const NO_TOKENS = { accessToken: null, refreshToken: null, idToken: null };
const TIMES = { createdAt: 'created_at', updatedAt: 'updated_at' };
const SESSION = {
  ...TIMES,
  expiresAt: 'expires_at',
  ipAddress: 'ip_address',
  userAgent: 'user_agent',
  userId: 'user_id',
};
const ACCOUNT = {
  ...TIMES,
  accountId: 'account_id',
  providerId: 'provider_id',
  userId: 'user_id',
  accessToken: 'access_token',
  refreshToken: 'refresh_token',
  idToken: 'id_token',
  accessTokenExpiresAt: 'access_token_expires_at',
  refreshTokenExpiresAt: 'refresh_token_expires_at',
};
const PASSKEY = {
  publicKey: 'public_key',
  userId: 'user_id',
  credentialID: 'credential_id',
  deviceType: 'device_type',
  backedUp: 'backed_up',
  createdAt: 'created_at',
};
