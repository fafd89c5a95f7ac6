// The log of the local GitHub.
import { openLog } from '@mainloop/logs/log';

export const log = openLog('local-github');
