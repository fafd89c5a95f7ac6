// Starts the demo model as a process of its own.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectAfterStart } from '@mainloop/network/after-start';
import { listenerSettings } from '@mainloop/network/listener';
import { openLog } from '@mainloop/logs/log';
import { z } from 'zod';
import { startDemoModel } from './model/server.ts';
import { loadStory } from './story.ts';

const here = path.dirname(fileURLToPath(import.meta.url));
const env = z
  .object({
    DEMO_MODEL_PORT: z.coerce.number().int(),
    MAINLOOP_DEMO_SCRIPT: z.string().default(path.join(here, '../stories/odd-cent.yaml')),
    DEMO_PACE_MS: z.coerce.number().optional(),
  })
  .parse(process.env);
const model = await startDemoModel(
  env.DEMO_MODEL_PORT,
  loadStory(env.MAINLOOP_DEMO_SCRIPT, env.DEMO_PACE_MS),
  listenerSettings(process.env),
);
openLog('demo-model').info({ url: model.url }, 'the demo model is listening');
void collectAfterStart();
process.once('SIGTERM', () => void model.close().then(() => process.exit(0)));
