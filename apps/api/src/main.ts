import { collectAfterStart } from '@mainloop/network/after-start';
import { startApi } from './app.ts';
import { loadConfig } from './config.ts';
import { guardFetch } from './outside.ts';

const config = loadConfig(process.env);
guardFetch(config);
// Safe with several replicas: an advisory lock lets one of them through. On a machine of one's own the
// supervisor has done it, as a role that may; the api's may not.
if (config.migrate) await (await import('@mainloop/models/db/migrate')).migrate(config.databaseUrl);
const api = await startApi(config);
void collectAfterStart();
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void api.close().finally(() => process.exit(0)));
