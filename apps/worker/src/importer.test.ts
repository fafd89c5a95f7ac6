// A folder that is swapped while it is looked at: each look says what came of it in a sentence.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ForgeError } from '@mainloop/adapters/forge/port';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { localImporter, type Importer } from './importer.ts';

interface Brought {
  readonly folder: string;
  readonly root: string;
  readonly branch: string;
}
let server: Server;
let importer: Importer;
let home: string;
let brought: Brought[] = [];
/** What the local GitHub answers with; null: as when all went well. */
let answer: { status: number; body: string } | null = null;

beforeAll(async () => {
  home = realpathSync(mkdtempSync('/tmp/mainloop-folders-'));
  server = createServer((req, res) => {
    let text = '';
    req.setEncoding('utf8').on('data', (part: string) => (text += part));
    req.on('end', () => {
      const asked = JSON.parse(text) as Brought;
      brought.push(asked);
      res.writeHead(answer?.status ?? 200, { 'content-type': 'application/json' });
      res.end(
        answer?.body ??
          JSON.stringify({
            look: { outcome: 'unchanged', commits: 0, full: 'local/x', branch: asked.branch },
          }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  importer = localImporter({ githubApiUrl: `http://127.0.0.1:${port}`, localGitHubSecret: 's' });
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

function repository(name: string, below = ''): string {
  const root = path.join(home, name);
  mkdirSync(path.join(root, below), { recursive: true });
  writeFileSync(path.join(root, below, 'a.txt'), name);
  const git = (...args: string[]): unknown =>
    execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
      stdio: 'pipe',
    });
  git('init', '-qb', 'main');
  git('add', '-A');
  git('commit', '-qm', name);
  return root;
}

test('swapped while it is looked at, it is one of those that it was, or a sentence', async () => {
  const [one, other] = [repository('one', 'deep/er'), repository('other', 'deep/er')];
  const place = path.join(home, 'place');
  const file = path.join(home, 'a-file');
  writeFileSync(file, '');
  const empty = path.join(home, 'empty');
  mkdirSync(path.join(empty, 'deep/er'), { recursive: true });
  let [over, turns] = [false, 0];
  const swapping = (async () => {
    const faces = [one, other, empty, file, path.join(home, 'nowhere'), path.join(place, 'itself')];
    while (!over) {
      symlinkSync(faces[turns++ % faces.length]!, `${place}.next`);
      renameSync(`${place}.next`, place);
      await new Promise((resolve) => setTimeout(resolve, turns % 3));
    }
  })();
  const outcomes = new Set<string>();
  for (let n = 0; n < 60; n++) {
    const asked = n % 2 ? place : path.join(place, 'deep/er');
    const failed = (err: unknown): string => (err instanceof ForgeError ? err.kind : String(err));
    outcomes.add(await importer.look(asked, 'main').then(() => 'brought in', failed));
  }
  over = true;
  await swapping;
  for (const outcome of outcomes) expect(['brought in', 'rejected', 'not_found']).toContain(outcome);
  for (const { folder, root } of brought)
    expect([one, other].some((r) => r === root && (folder === r || folder === path.join(r, 'deep/er')))).toBe(
      true,
    );
});

test.each([
  ['is removed', (place: string) => rmSync(place, { recursive: true })],
  [
    'is replaced by a file',
    (place: string) => (rmSync(place, { recursive: true }), writeFileSync(place, '')),
  ],
  ['loses its history', (place: string) => rmSync(path.join(place, '../.git'), { recursive: true })],
  [
    'has another history',
    (place: string) => writeFileSync(path.join(place, '../.git/HEAD'), 'ref: refs/heads/nothing\n'),
  ],
])('one that %s says so', async (_, change) => {
  const root = repository(`gone-${Math.random().toString(36).slice(2)}`, 'below');
  const folder = path.join(root, 'below');
  expect(await importer.look(folder)).toMatchObject({ localPath: folder, below: 'below', branch: 'main' });
  change(folder);
  await expect(importer.look(folder, 'main')).rejects.toBeInstanceOf(ForgeError);
});

test.each([
  ['no JSON', 200, '<html>'],
  ['nothing', 502, ''],
  ['a refusal without words', 400, '{}'],
  ['a look without an outcome', 200, '{}'],
])('a local GitHub that answers with %s is one that does not answer', async (_, status, body) => {
  const root = repository(`answer-${status}-${body.length}`);
  answer = { status, body };
  await expect(importer.look(root)).rejects.toBeInstanceOf(ForgeError);
  answer = null;
});
