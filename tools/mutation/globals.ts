// What the tests of decisions take from jest, for the mutation run: its own `expect`, and the few words that
// collect tests.
export { expect } from 'expect';

export interface CollectedTest {
  /** Unique in the run: file, describe blocks, title, place. */
  readonly id: string;
  readonly file: string;
  readonly name: string;
  run(): Promise<void>;
}

type Body = () => unknown;
type Hook = () => unknown;
interface Block {
  readonly name: string;
  readonly before: Hook[];
  readonly after: Hook[];
}

let blocks: Block[] = [];
let file = '';
let collected: CollectedTest[] = [];

/** Runs `load`, which imports one test file. @returns the tests that the file names, in their order */
export async function collect(name: string, load: () => Promise<unknown>): Promise<CollectedTest[]> {
  file = name;
  collected = [];
  blocks = [{ name: '', before: [], after: [] }];
  await load();
  return collected;
}

function add(title: string, body: Body): void {
  const around = [...blocks];
  const names = around.map((b) => b.name).filter((n) => n !== '');
  collected.push({
    id: `${file} › ${[...names, title].join(' › ')} #${collected.length}`,
    file,
    name: [...names, title].join(' '),
    async run() {
      try {
        for (const b of around) for (const hook of b.before) await hook();
        await body();
      } finally {
        for (const b of around.toReversed()) for (const hook of b.after) await hook();
      }
    },
  });
}

/** `%s` and its like only have to tell a person which row it was. */
const titled = (title: string, row: readonly unknown[]): string => {
  let i = 0;
  return title.replace(/%[sdijop#]/g, () => String(JSON.stringify(row[i++]) ?? 'undefined'));
};
const rows = (table: readonly unknown[]): unknown[][] => table.map((r) => (Array.isArray(r) ? r : [r]));

const testEach = (table: readonly unknown[]) => (title: string, body: (...row: never[]) => unknown) => {
  for (const row of rows(table)) add(titled(title, row), () => body(...(row as never[])));
};
export const test = Object.assign((title: string, body: Body) => add(title, body), { each: testEach });
export const it = test;

function block(name: string, body: () => void): void {
  blocks.push({ name, before: [], after: [] });
  body();
  blocks.pop();
}
export const describe = Object.assign(block, {
  each: (table: readonly unknown[]) => (title: string, body: (...row: never[]) => void) => {
    for (const row of rows(table)) block(titled(title, row), () => body(...(row as never[])));
  },
});
export const beforeEach = (hook: Hook): void => void blocks.at(-1)!.before.push(hook);
export const afterEach = (hook: Hook): void => void blocks.at(-1)!.after.unshift(hook);
