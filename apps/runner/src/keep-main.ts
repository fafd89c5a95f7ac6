// The first process of a set-up sandbox; see keep.ts.
import { loadConfig } from './config.ts';
import { packagesAt, toolEnvironment } from './environment.ts';
import { ensureFolder } from './folders.ts';
import { keep } from './keep.ts';
import { gitEnv } from './workspace.ts';

const config = loadConfig(process.env);
ensureFolder(config.home);
// Which registry stands behind the gateway is not known here, as in a job of the local CI.
const packages = await packagesAt(config, { npmReplaces: 'always', goNoSumDb: '' });
await keep(config, process.env.MAINLOOP_SETUP_WANTED ?? '', {
  ...toolEnvironment(config),
  ...gitEnv({ ...config, token: '' }, false),
  ...packages,
});
process.exit(0);
