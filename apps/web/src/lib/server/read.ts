import { openRead, type Read } from '@mainloop/models/db/read';

let opened: Read | undefined;
/** One pool for the process, opened by the first page. */
export const read = (): Read => (opened ??= openRead(process.env.WEB_DATABASE_URL ?? ''));
export const flags = { demo: process.env.MAINLOOP_DEMO === 'yes', localGitHub: process.env.MAINLOOP_LOCAL_GITHUB === 'yes' };
