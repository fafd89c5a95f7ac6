import { Controller, Inject, Param } from '@nestjs/common';
import type { Given, Taken } from '@mainloop/models/contracts/routes';
import { addDevice, ensureVapidKeys, listDevices, removeDevice } from '@mainloop/models/db/devices/push';
import type { Db } from '@mainloop/models/db/pool';
import { OWNER } from '@mainloop/models/flow/ids';
import type { ApiConfig } from '../config.ts';
import { CONFIG, DB } from '../tokens.ts';
import { refuse } from './refuse.ts';
import { Route, Sent } from './route.ts';

@Controller()
export class PushController {
  private readonly db: Db;
  private readonly config: ApiConfig;
  constructor(@Inject(DB) db: Db, @Inject(CONFIG) config: ApiConfig) {
    this.db = db;
    this.config = config;
  }

  @Route('getPushKey')
  async key(): Promise<Given<'getPushKey'>> {
    return { publicKey: (await ensureVapidKeys(this.db)).publicKey };
  }

  @Route('listToldDevices')
  devices(): Promise<Given<'listToldDevices'>> {
    return listDevices(this.db, OWNER);
  }

  @Route('tellDevice')
  async add(@Sent('tellDevice') body: Taken<'tellDevice'>): Promise<Given<'tellDevice'>> {
    if (!mayPush(body.endpoint, this.config.insecurePush)) throw refuse('no_push_service');
    return addDevice(this.db, OWNER, body);
  }

  @Route('forgetDevice')
  async remove(@Param('id') id: string): Promise<Given<'forgetDevice'>> {
    if (!(await removeDevice(this.db, OWNER, id))) throw refuse('no_device');
    return { ok: true };
  }
}

/** We send to where the browser says. So only over TLS, to a name: never to an address inside. */
function mayPush(endpoint: string, insecure: boolean): boolean {
  const url = new URL(endpoint);
  if (insecure && url.hostname === '127.0.0.1') return true;
  return (
    url.protocol === 'https:' &&
    url.username === '' &&
    /\.[a-z]{2,}$/i.test(url.hostname) &&
    !/\.(local|localhost|internal|svc|home|lan)$/i.test(url.hostname)
  );
}
