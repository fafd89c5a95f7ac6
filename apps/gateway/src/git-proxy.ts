// The git proxy: smart HTTP for one repository. Fetches come from our mirror; a push is received into
// quarantine, looked at, and only then forwarded to the forge. No git command runs in a repository that an
// agent can write to.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@mainloop/logs/log';
import type { Hit } from '@mainloop/network/failpoints';
import type { Db } from '@mainloop/models/db/pool';
import type { RunByToken } from '@mainloop/models/db/runs/runs';
import { openAwareness } from './awareness.ts';
import type { GatewayConfig } from './config.ts';
import { openGitPlaces } from './git-places.ts';
import { gitReceiver } from './git-receive.ts';
import { lastLine } from './git-run.ts';
import { advertise, upload } from './git-serve.ts';
import { Refused } from './http.ts';
import { recordPush } from './pushes.ts';

/**
 * The part of git that a sandbox may see: its own repository, read from a mirror, and pushes that are
 * looked at before they are passed on.
 * @param hit where a test may end us
 */
export function gitProxy(config: GatewayConfig, db: Db, hit: Hit, log: Logger) {
  const places = openGitPlaces(config);
  const awareness = openAwareness(config, db, places, log);
  const { receive, catchUp, finishPushes } = gitReceiver(places, db, hit, async (run, update, look) => {
    await recordPush(db, run, update, look);
    awareness.pushed(run);
  });

  const serve = async (
    req: IncomingMessage,
    res: ServerResponse,
    url: URL,
    byToken: RunByToken,
  ): Promise<void> => {
    const what = url.pathname.replace(/^\/git\/repo(\.git)?/, '');
    try {
      if (req.method === 'GET' && what === '/info/refs') {
        const service = url.searchParams.get('service');
        const mirror = await places.refreshMirror(byToken);
        const protocol = req.headers['git-protocol'];
        if (service === 'git-upload-pack')
          return await advertise(res, mirror, service, typeof protocol === 'string' ? protocol : undefined);
        if (service === 'git-receive-pack')
          await places.inTurn(byToken.task_id, () => catchUp(byToken, mirror));
        if (service === 'git-receive-pack')
          return await advertise(res, await places.freshQuarantine(byToken, mirror), service, undefined);
      }
      if (req.method === 'POST' && what === '/git-upload-pack')
        return await upload(req, res, places.mirrorOf(byToken));
      if (req.method === 'POST' && what === '/git-receive-pack') return await receive(req, res, byToken);
    } catch (err) {
      if (err instanceof Refused) throw err;
      throw new Refused(502, `The repository ${byToken.repo} could not be read: ${lastLine(err)}`);
    }
    throw new Refused(404, 'No such git service.');
  };
  return { serve, finishPushes, awareness };
}
