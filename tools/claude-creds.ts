// `make setup-claude-creds`: Claude Code's own sign-in makes a token; it is kept in .env, which git ignores.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(path.join(root, 'apps/runner/package.json'));
const claude = path.join(
  path.dirname(require.resolve('@anthropic-ai/claude-code/package.json')),
  'bin/claude.exe',
);

console.log(
  'Claude Code now signs in and prints a token. It is for Claude Code only; for anything else use an API key.\n',
);
const signedIn = spawnSync(claude, ['setup-token'], { stdio: 'inherit' });
if (signedIn.status !== 0) {
  console.error('The sign-in did not finish, so nothing was stored.');
  process.exit(1);
}
const ask = createInterface({ input: process.stdin, output: process.stdout });
const token = (await ask.question('Paste the token here: ')).trim();
ask.close();
if (!token.startsWith('sk-ant-oat')) {
  console.error('That does not look like one (it starts with sk-ant-oat), so nothing was stored.');
  process.exit(1);
}
const file = path.join(root, '.env');
const lines = (existsSync(file) ? readFileSync(file, 'utf8') : '')
  .split('\n')
  .filter((l) => !l.startsWith('CLAUDE_CODE_OAUTH_TOKEN=') && l !== '');
writeFileSync(file, `${[...lines, `CLAUDE_CODE_OAUTH_TOKEN=${token}`].join('\n')}\n`, { mode: 0o600 });
chmodSync(file, 0o600);
console.log('Stored in .env. Start mainloop with make dev.');
