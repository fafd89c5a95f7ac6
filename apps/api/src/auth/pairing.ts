// A link that brings in one device, once, for a few minutes: the first owner from the terminal, a phone from a QR code.
import { createHash, randomBytes } from 'node:crypto';
import { APIError, createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import type { AuthContext, BetterAuthPlugin } from 'better-auth';
import { z } from 'zod';

const LINK_MINUTES = 10;
const identifier = (token: string): string => `pair:${createHash('sha256').update(token).digest('hex')}`;

/**
 * Makes a link's token. What is stored is its hash; the token is in nobody's hands but the one who asked.
 * @returns what the link carries, once, and until when it counts
 */
export async function makePairingToken({
  internalAdapter,
}: Pick<AuthContext, 'internalAdapter'>): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(24).toString('base64url');
  const expiresAt = new Date(Date.now() + LINK_MINUTES * 60_000);
  await internalAdapter.createVerificationValue({ identifier: identifier(token), value: 'pair', expiresAt });
  return { token, expiresAt };
}

/**
 * The one owner, made by the first link that is used.
 * @returns a plug-in of Better Auth with the route `/pair`, which signs in who brings a link
 */
export const pairing = () =>
  ({
    id: 'mainloop-pairing',
    endpoints: {
      pair: createAuthEndpoint(
        '/pair',
        { method: 'POST', body: z.object({ token: z.string().min(10).max(200) }) },
        async (ctx) => {
          const { internalAdapter } = ctx.context;
          // Consumed in one step: of two devices with the same link one comes in.
          const link = await internalAdapter.consumeVerificationValue(identifier(ctx.body.token));
          if (!link || link.expiresAt < new Date())
            throw new APIError('UNAUTHORIZED', {
              message:
                'This link has been used or is too old. Make a new one: mainloop pair, or Settings on a device that is signed in.',
            });
          const [known] = await internalAdapter.listUsers(1, 0, { field: 'createdAt', direction: 'asc' });
          const user =
            known ??
            (await internalAdapter.createUser(
              { name: 'Owner', email: 'owner@mainloop.invalid', emailVerified: true },
              {
                method: 'mainloop-pairing',
              } as never,
            ));
          const session = await internalAdapter.createSession(user.id);
          await setSessionCookie(ctx, { session, user });
          return ctx.json({ ok: true });
        },
      ),
    },
  }) satisfies BetterAuthPlugin;
