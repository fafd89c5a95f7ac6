import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { PushDevice } from '@mainloop/models/contracts/http';
import { addDevice, ensureVapidKeys, listDevices, removeDevice } from '@mainloop/models/db/push';
import type { Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import webpush from 'web-push';
import type { ApiConfig } from '../config.ts';
import { CONFIG, DB } from '../tokens.ts';
import { refuse } from './refuse.ts';

@ApiTags('push')
@Controller('api/push')
export class PushController {
  private readonly db: Db;
  private readonly config: ApiConfig;
  constructor(@Inject(DB) db: Db, @Inject(CONFIG) config: ApiConfig) {
    this.db = db;
    this.config = config;
  }

  @Get('key')
  @ApiOperation({ summary: 'The public key a browser subscribes with (VAPID, base64url)' })
  async key(): Promise<{ publicKey: string }> {
    return { publicKey: (await ensureVapidKeys(this.db, webpush.generateVAPIDKeys)).publicKey };
  }

  @Get('devices')
  @ApiOperation({ summary: 'Devices that are told what needs you' })
  devices(): Promise<unknown[]> {
    return listDevices(this.db, OWNER);
  }

  @Post('devices')
  @HttpCode(200)
  @ApiOperation({ summary: "Tell this device: a browser's push subscription. The same one again is kept once." })
  async add(@Body({ schema: PushDevice }) body: PushDevice): Promise<{ id: string }> {
    if (!mayPush(body.endpoint, this.config.insecurePush)) throw refuse('no_push_service');
    return addDevice(this.db, OWNER, body);
  }

  @Delete('devices/:id')
  @ApiOperation({ summary: 'Tell this device no more' })
  async remove(@Param('id') id: string): Promise<{ ok: true }> {
    if (!(await removeDevice(this.db, OWNER, id))) throw refuse('no_device');
    return { ok: true };
  }
}

/** We send to where the browser says. So only over TLS, to a name: never to an address inside. */
function mayPush(endpoint: string, insecure: boolean): boolean {
  const u = new URL(endpoint);
  if (insecure && u.hostname === '127.0.0.1') return true;
  return (
    u.protocol === 'https:' &&
    u.username === '' &&
    /\.[a-z]{2,}$/i.test(u.hostname) &&
    !/\.(local|localhost|internal|svc|home|lan)$/i.test(u.hostname)
  );
}
