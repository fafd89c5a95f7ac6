import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { deleteSession, hasUsers, listSessions } from '@mainloop/models/db/devices';
import type { Db } from '@mainloop/models/db/pool';
import type { RefusalCode } from '@mainloop/models/flow/refusals';
import type { Request } from 'express';
import qr from 'qrcode';
import type { Auth } from '../auth/auth.ts';
import { deviceKind } from '../auth/devices.ts';
import type { Guard } from '../auth/guard.ts';
import { makePairingToken } from '../auth/pairing.ts';
import type { ApiConfig } from '../config.ts';
import { AUTH, CONFIG, DB, GUARD } from '../tokens.ts';
import { refuse } from './refuse.ts';

@ApiTags('devices')
@Controller('api')
export class DevicesController {
  private readonly db: Db;
  private readonly auth: Auth | null;
  private readonly guard: Guard;
  private readonly config: ApiConfig;
  constructor(@Inject(DB) db: Db, @Inject(AUTH) auth: Auth | null, @Inject(GUARD) guard: Guard, @Inject(CONFIG) config: ApiConfig) {
    this.db = db;
    this.auth = auth;
    this.guard = guard;
    this.config = config;
  }

  @Get('signin')
  @ApiOperation({ summary: 'Whether one has to sign in, how, and whether this request is' })
  async signin(
    @Req() req: Request,
  ): Promise<{ needed: boolean; signedIn: boolean; code: RefusalCode | null; sentence: string; ways: string[]; hasOwner: boolean }> {
    const p = await this.guard.passage(req);
    const hasOwner = this.auth !== null && (await hasUsers(this.db));
    return {
      needed: this.auth !== null,
      signedIn: p.ok,
      code: p.ok ? null : p.code,
      sentence: p.ok ? '' : p.sentence,
      ways: [...(this.auth ? ['passkey'] : []), ...(this.config.signIn?.github ? ['github'] : []), ...(this.config.signIn?.oidc ? ['oidc'] : [])],
      hasOwner,
    };
  }

  @Get('devices')
  @ApiOperation({ summary: 'Devices that are signed in' })
  async devices(@Req() req: Request): Promise<{ id: string; label: string; since: Date; seenAt: Date; isThis: boolean }[]> {
    const p = await this.guard.passage(req);
    const rows = await listSessions(this.db);
    return rows.map((r) => ({
      id: r.id,
      label: deviceKind(r.userAgent ?? ''),
      since: r.createdAt,
      seenAt: r.updatedAt,
      isThis: p.ok && p.sessionToken === r.token,
    }));
  }

  @Delete('devices/:id')
  @ApiOperation({ summary: 'Sign a device out, at once' })
  async remove(@Param('id') id: string): Promise<{ ok: true }> {
    if (!(await deleteSession(this.db, id))) throw refuse('no_device');
    return { ok: true };
  }

  @Post('devices/links')
  @HttpCode(200)
  @ApiOperation({ summary: 'A link that signs one more device in, once, within ten minutes' })
  async link(): Promise<{ url: string; svg: string; expiresAt: Date }> {
    if (!this.auth) throw refuse('no_sign_in');
    const { token, expiresAt } = await makePairingToken(await this.auth.$context);
    // Behind the #, so that it never reaches a log or a referrer.
    const url = `${new URL(this.config.signIn!.publicUrl).origin}/pair#${token}`;
    return { url, svg: await qr.toString(url, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' }), expiresAt };
  }
}
