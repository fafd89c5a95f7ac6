// The rooms of the house and who knows whom, as the imports say. `node tools/rooms.ts --write` prints it into docs/architecture.md, and
// `make check` fails when that page says something else.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const PAGE = path.join(root, 'docs/architecture.md');
const BEGIN = '<!-- printed by `node tools/rooms.ts --write` from the imports; change it there -->';
const END = '<!-- end of what is printed -->';

/** Rooms by the folder that holds them; the longest folder that fits is the room of a file. */
const ROOMS: Record<string, string> = {
  'apps/web': 'the page; reads Postgres with a role that may only read, and writes through the api',
  'apps/api': 'takes messages and decisions, speaks the chat, streams what happens',
  'apps/gateway':
    'the one way out of a sandbox: the model, git, and the words of runner and agent; holds the model key, the forge token and what package clients sign in with',
  'apps/worker': 'does what a task needs: starts sandboxes, speaks with the forge, sends notifications',
  'apps/worker/src/workflows': 'a task as a durable workflow, sealed: decisions and waits, no effects',
  'apps/runner': 'inside the sandbox, beside Claude Code; holds the token of one run',
  'apps/cli': '`mainloop`, and the supervisor of all processes on one machine',
  'apps/demo': 'stands where GitHub and the model would be',
  'packages/models/src/flow': 'states, decisions, names; pure',
  'packages/models/src/events':
    'every event type: its payload as a zod schema, its version, its key and the constructor that makes a new one',
  'packages/models/src/contracts': 'what crosses a wire between our processes, as zod schemas',
  'packages/models/src/db': 'Postgres: the log, its projections, conditional writes, roles, migrations',
  'packages/adapters/src/forge': 'the port to a forge, and GitHub',
  'packages/adapters/src/sandbox': 'the port to a sandbox: bubblewrap on this machine, a pod in a cluster',
  'packages/adapters/src/agent': 'the port to a coding agent, and Claude Code',
  'packages/adapters/src/model': 'the port to the chat model: the Messages API, Claude Code',
  'packages/adapters/src/embedder': 'the port to a sentence model, and MiniLM in a thread',
  'packages/network': 'how everything that listens listens, and how a request goes out',
  'packages/mcp': 'mainloop for programs that speak MCP: tools, resources and prompts over the api',
  'packages/logs': 'the log of every process, with the ids of the work on each line',
  'packages/models/src/workflow-file':
    'WORKFLOW.md of a repository: read, checked, its prompts made of their templates',
};

/** As dependency-cruiser prints it, as far as it is used here. */
export interface Cruised {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly {
      readonly resolved: string;
      readonly dependencyTypes: readonly string[];
    }[];
  }[];
}

/** The rooms that a room imports, and whether all it takes from one are types. */
type Imports = Map<string, { readonly typesOnly: boolean }>;

/** Tests and what only they use, the settings of a tool, and what a test of the import rules plants for a moment. */
const NOT_SHIPPED =
  /\.(test|spec|fixture|config)\.ts$|^packages\/testkit\/|^apps\/worker\/src\/replay\/|\/planted-/;

/** @returns the folder of the room; null when the file is in none */
const roomOf = (file: string): string | null =>
  Object.keys(ROOMS)
    .filter((folder) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0] ?? null;

/**
 * @param cruised the imports of apps and packages
 * @returns each room with what it imports
 * @throws Error when a file of ours stands in a folder that is no room
 */
export function roomsOf(cruised: Cruised): Map<string, Imports> {
  const rooms = new Map(Object.keys(ROOMS).map((folder): [string, Imports] => [folder, new Map()]));
  for (const { source, dependencies } of cruised.modules) {
    if (!/^(apps|packages)\//.test(source) || NOT_SHIPPED.test(source)) continue;
    const name = roomOf(source);
    if (name === null) throw new Error(`${source} is in no room: give its folder one in tools/rooms.ts`);
    const imports = rooms.get(name)!;
    for (const { resolved, dependencyTypes } of dependencies) {
      const other = roomOf(resolved);
      if (other === null || other === name || NOT_SHIPPED.test(resolved)) continue;
      const before = imports.get(other)?.typesOnly ?? true;
      imports.set(other, { typesOnly: before && dependencyTypes.includes('type-only') });
    }
  }
  return rooms;
}

/** Whether `to` is reached from `from` by imports of more than types, by a longer way than the direct one. */
function isSaidByOthers(rooms: Map<string, Imports>, from: string, to: string): boolean {
  const seen = new Set<string>([from]);
  const ask = (at: string, isFirst: boolean): boolean =>
    [...(rooms.get(at) ?? [])].some(([next, { typesOnly }]) => {
      if (typesOnly || (isFirst && next === to)) return false;
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return ask(next, false);
    });
  return ask(from, true);
}

const shortName = (folder: string): string =>
  folder.startsWith('packages/') ? folder.slice('packages/'.length).replace('/src', '') : folder;

/** @returns the printed part of docs/architecture.md, between its two comments */
export function printed(rooms: Map<string, Imports>): string {
  const folders = [...rooms.keys()];
  const node = (folder: string): string => `r${folders.indexOf(folder)}`;
  const arrows = folders.flatMap((from) =>
    [...rooms.get(from)!]
      .sort(([a], [b]) => folders.indexOf(a) - folders.indexOf(b))
      .filter(([to, { typesOnly }]) => typesOnly || !isSaidByOthers(rooms, from, to))
      .map(([to, { typesOnly }]) => `  ${node(from)} ${typesOnly ? '-.->' : '-->'} ${node(to)}`),
  );
  const row = (folder: string): string => {
    const imports = rooms.get(folder)!;
    const known = folders
      .filter((other) => imports.has(other))
      .map((other) => `${shortName(other)}${imports.get(other)!.typesOnly ? ' (types)' : ''}`);
    return `| \`${folder}\` | ${ROOMS[folder]} | ${known.join(', ')} |`;
  };
  return [
    BEGIN,
    '',
    '```mermaid',
    'flowchart TD',
    ...folders.map((folder) => `  ${node(folder)}["${shortName(folder)}"]`),
    ...arrows,
    '```',
    '',
    'A dotted arrow takes only types. An arrow that a longer way already says is left out; the table has them all.',
    '',
    '| room | what it is | imports |',
    '|---|---|---|',
    ...folders.map(row),
    '',
    END,
  ].join('\n');
}

/**
 * @param page the text of docs/architecture.md
 * @returns the same page with the printed part as it should be
 * @throws Error when the page has no place for it
 */
export function withRooms(page: string, part: string): string {
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < start)
    throw new Error('docs/architecture.md has lost the two comments around what is printed');
  return page.slice(0, start) + part + page.slice(end + END.length);
}

/**
 * Asks dependency-cruiser for the imports of the whole tree, which takes some seconds.
 * @returns each module with what it imports
 * @throws with what it printed where it can not be run
 */
export function cruise(): Cruised {
  const file = path.join(root, 'node_modules/.bin/depcruise');
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'apps', 'packages'];
  const run = spawnSync(file, args, { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (run.stdout === '') throw new Error(`dependency-cruiser said nothing: ${run.stderr}`);
  return JSON.parse(run.stdout) as Cruised;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = readFileSync(PAGE, 'utf8');
  const wanted = withRooms(page, printed(roomsOf(cruise())));
  if (process.argv.includes('--write')) writeFileSync(PAGE, wanted);
  else if (wanted !== page) {
    console.log('docs/architecture.md shows other imports than there are: node tools/rooms.ts --write');
    const before = new Set(page.split('\n'));
    for (const line of wanted.split('\n')) if (!before.has(line)) console.log(`  ${line}`);
    process.exit(1);
  }
}
