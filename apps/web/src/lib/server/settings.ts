// What the page is told by its environment, read once. Its server (server.ts) reads what it needs to listen.
export const settings = Object.freeze({
  /** Where the api answers, for what the page asks on behalf of a browser. */
  api: process.env.API_URL ?? 'http://127.0.0.1:8000',
  databaseUrl: process.env.WEB_DATABASE_URL ?? '',
  /** The folder whose volume must not run full. */
  home: process.env.MAINLOOP_HOME ?? '/',
  demo: process.env.MAINLOOP_DEMO === 'yes',
  localGitHub: process.env.MAINLOOP_LOCAL_GITHUB === 'yes',
  /** Everybody has to sign in. */
  needsSignIn: (process.env.MAINLOOP_PUBLIC_URL ?? '') !== '',
});
