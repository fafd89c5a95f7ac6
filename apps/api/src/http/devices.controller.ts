import { Controller, Inject, Param, Req } from '@nestjs/common';
import type { Given, Taken } from '@mainloop/models/contracts/routes';
import { deleteSession, hasUsers, listSessions } from '@mainloop/models/db/devices/sessions';
import { createToken, listTokens, restoreToken, revokeToken } from '@mainloop/models/db/devices/tokens';
import { OWNER } from '@mainloop/models/flow/ids';
import type { Db } from '@mainloop/models/db/pool';
import type { Request } from 'express';
import qr from 'qrcode';
import type { Auth } from '../auth/auth.ts';
import { deviceKind } from '@mainloop/models/flow/machine/user-agent';
import type { Guard } from '../auth/guard.ts';
import { personOf } from '../auth/person.ts';
import { makePairingToken } from '../auth/pairing.ts';
import type { ApiConfig } from '../config.ts';
import { AUTH, CONFIG, DB, GUARD } from '../tokens.ts';
import { refuse } from './refuse.ts';
import { Route, Sent } from './route.ts';

/** How one may sign in, in the order offered. */
const WAYS = ['passkey', 'github', 'oidc'] as const;

@Controller()
export class DevicesController {
  private readonly db: Db;
  private readonly auth: Auth | null;
  private readonly guard: Guard;
  private readonly config: ApiConfig;
  constructor(
    @Inject(DB) db: Db,
    @Inject(AUTH) auth: Auth | null,
    @Inject(GUARD) guard: Guard,
    @Inject(CONFIG) config: ApiConfig,
  ) {
    this.db = db;
    this.auth = auth;
    this.guard = guard;
    this.config = config;
  }

  @Route('getSignIn')
  async signin(@Req() req: Request): Promise<Given<'getSignIn'>> {
    const passage = await this.guard.passage(req);
    const hasOwner = this.auth !== null && (await hasUsers(this.db));
    return {
      needed: this.auth !== null,
      signedIn: passage.ok,
      code: passage.ok ? null : passage.code,
      sentence: passage.ok ? '' : passage.sentence,
      ways: WAYS.filter((way) =>
        way === 'passkey' ? this.auth !== null : Boolean(this.config.signIn?.[way]),
      ),
      hasOwner,
      person: passage.ok ? await personOf(this.db, passage.userId) : null,
    };
  }

  @Route('listDevices')
  async devices(@Req() req: Request): Promise<Given<'listDevices'>> {
    const passage = await this.guard.passage(req);
    const rows = await listSessions(this.db);
    return rows.map((row) => ({
      id: row.id,
      label: deviceKind(row.userAgent ?? ''),
      since: row.createdAt,
      seenAt: row.updatedAt,
      isThis: passage.ok && passage.sessionToken === row.token,
    }));
  }

  @Route('signOut')
  async remove(@Param('id') id: string): Promise<Given<'signOut'>> {
    if (!(await deleteSession(this.db, id))) throw refuse('no_device');
    return { ok: true };
  }

  @Route('listTokens')
  tokens(): Promise<Given<'listTokens'>> {
    return listTokens(this.db, OWNER);
  }

  @Route('createToken')
  createToken(@Sent('createToken') body: Taken<'createToken'>): Promise<Given<'createToken'>> {
    return createToken(this.db, OWNER, body);
  }

  @Route('revokeToken')
  async revokeToken(@Param('id') id: string): Promise<Given<'revokeToken'>> {
    if (!(await revokeToken(this.db, OWNER, id))) throw refuse('no_token');
    return { ok: true };
  }

  @Route('restoreToken')
  async restoreToken(@Param('id') id: string): Promise<Given<'restoreToken'>> {
    if (!(await restoreToken(this.db, OWNER, id))) throw refuse('no_token');
    return { ok: true };
  }

  @Route('linkDevice')
  async link(): Promise<Given<'linkDevice'>> {
    if (!this.auth) throw refuse('no_sign_in');
    const { token, expiresAt } = await makePairingToken(await this.auth.$context);
    // Behind the #, so that it never reaches a log or a referrer.
    const url = `${new URL(this.config.signIn!.publicUrl).origin}/pair#${token}`;
    return {
      url,
      svg: await qr.toString(url, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' }),
      expiresAt,
    };
  }
}
