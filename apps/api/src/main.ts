import { migrate } from '@mainloop/models/db/migrate';
import { startApi } from './app.ts';
import { loadConfig } from './config.ts';

const config = loadConfig(process.env);
// Safe with several replicas: an advisory lock lets one of them through.
await migrate(config.databaseUrl);
const api = await startApi(config);
for (const s of ['SIGTERM', 'SIGINT'] as const) process.once(s, () => void api.close().finally(() => process.exit(0)));
