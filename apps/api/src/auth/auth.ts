// Sign-in, by better-auth: passkeys, optionally GitHub or an OIDC provider, and links that bring in one more device.
import { passkey } from '@better-auth/passkey';
import { betterAuth } from 'better-auth';
import { genericOAuth } from 'better-auth/plugins';
import type { Db } from '@mainloop/models/db/pool';
import type { SignInConfig } from '../config.ts';
import { pairing } from './pairing.ts';

const DAY_S = 24 * 3600;

/** Everything here is off while mainloop is open to this machine only; then there is nobody to keep out. */
export function openAuth(db: Db, c: SignInConfig) {
  const url = new URL(c.publicUrl);
  return betterAuth({
    appName: 'mainloop',
    baseURL: c.publicUrl,
    basePath: '/api/auth',
    secret: c.secret,
    database: db,
    trustedOrigins: [url.origin],
    telemetry: { enabled: false },
    logger: { level: 'error' },
    // No cache of sessions in the cookie: a device that is signed out is out at once.
    session: { expiresIn: 90 * DAY_S, updateAge: DAY_S, freshAge: 0, modelName: 'auth_sessions', fields: SESSION },
    user: { modelName: 'auth_users', fields: { emailVerified: 'email_verified', ...TIMES } },
    account: {
      modelName: 'auth_accounts',
      fields: ACCOUNT,
      // Only an account that the owner has linked while signed in opens the door.
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
      customRules: { '/pair': { window: 60, max: 10 }, '/passkey/verify-authentication': { window: 60, max: 20 } },
    },
    advanced: {
      cookiePrefix: 'mainloop',
      useSecureCookies: url.protocol === 'https:',
      defaultCookieAttributes: { sameSite: 'lax', httpOnly: true },
      // The page's server puts it there; what a browser sends is thrown away by it.
      ipAddress: { ipAddressHeaders: ['x-mainloop-client'] },
    },
    ...(c.github ? { socialProviders: { github: { ...c.github, disableSignUp: true } } } : {}),
    plugins: [
      passkey({
        rpID: url.hostname,
        rpName: 'mainloop',
        origin: url.origin,
        schema: { passkey: { modelName: 'auth_passkeys', fields: PASSKEY } },
      }),
      pairing(),
      ...(c.oidc
        ? [genericOAuth({ config: [{ providerId: 'oidc', ...c.oidc, scopes: ['openid', 'email', 'profile'], pkce: true, disableSignUp: true }] })]
        : []),
    ],
  });
}
export type Auth = ReturnType<typeof openAuth>;

const NO_TOKENS = { accessToken: null, refreshToken: null, idToken: null };
const TIMES = { createdAt: 'created_at', updatedAt: 'updated_at' };
const SESSION = { ...TIMES, expiresAt: 'expires_at', ipAddress: 'ip_address', userAgent: 'user_agent', userId: 'user_id' };
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
