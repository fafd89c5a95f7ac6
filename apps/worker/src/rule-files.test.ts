// Rules of repositories on a real Postgres, as somebody writes them who would like them to do more than was
// approved.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ForgeError } from '@mainloop/adapters/forge/port';
import {
  listAutomations,
  removeAutomation,
  saveAutomation,
} from '@mainloop/models/db/automations/automations';
import { approveRuleFile, listRuleFiles } from '@mainloop/models/db/automations/repository';
import { lastSeq } from '@mainloop/models/db/log';
import { checkRebuild } from '@mainloop/models/db/rebuild';
import { OWNER } from '@mainloop/models/flow/ids';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedProject } from '@mainloop/testkit/seed';
import { forgeOf } from './branches.fixture.ts';
import { readRuleFiles } from './rule-files.ts';

const PATH = '.mainloop/automations/tell.yaml';
let database: TestDatabase;
/** What each branch holds, by its newest commit. */
let commits: Record<string, Record<string, string | null>>;
let tip: string;
let isWhole: boolean;
let seen: Map<string, string>;
const asked: string[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  await seedProject(database.db, 'pr-1', 'acme/api');
});
afterAll(() => database.drop());
beforeEach(async () => {
  commits = {};
  seen = new Map();
  asked.length = 0;
  isWhole = true;
  await moveTo('empty', {});
  for (const { id } of await automations()) await removeAutomation(database.db, OWNER, id);
});

const forge = forgeOf(() => ({ commits, tip, isWhole }), asked);
/** The default branch is at this commit now, and is looked at. */
async function moveTo(sha: string, files: Record<string, string | null>): Promise<void> {
  commits[sha] = files;
  tip = sha;
  await readRuleFiles(database.db, OWNER, forge, seen);
}
const files = () => listRuleFiles(database.db, OWNER);
const automations = () => listAutomations(database.db, OWNER);
const rule = (title: string, name = 'tell'): string =>
  `name: ${name}\nwhen: ci.verdict\nactions: [{ do: notify, title: ${JSON.stringify(title)} }]\n`;
async function approve(): Promise<void> {
  const file = (await files()).find(({ state }) => state === 'waits' || state === 'changed');
  expect(await approveRuleFile(database.db, OWNER, file!.digest)).toMatchObject({ ok: true });
}

test('a rule of a repository does nothing before it is approved, and a change not before it is approved again', async () => {
  await moveTo('one', { [PATH]: rule('Red') });
  expect(await automations()).toEqual([]);
  const [first] = await files();
  expect(first).toMatchObject({ project: 'acme/api', path: PATH, state: 'waits', name: 'tell' });
  expect(first!.sentence).toContain('and project is “acme/api”');
  await approve();
  expect(await files()).toMatchObject([{ state: 'stands' }]);
  const approved = await automations();
  expect(approved).toMatchObject([{ name: 'tell', version: 1, text: first!.text }]);
  await moveTo('two', { [PATH]: rule('Something else') });
  expect(await files()).toMatchObject([{ state: 'changed' }]);
  expect(await automations()).toEqual(approved);
  // What was looked at before is not there any more.
  const old = await approveRuleFile(database.db, OWNER, first!.digest);
  expect(old).toMatchObject({ ok: false, code: 'rule_changed' });
  await approve();
  expect(await automations()).toMatchObject([{ id: approved[0]!.id, name: 'tell', version: 2 }]);
  expect((await automations())[0]!.text).toContain('Something else');
  // Back to what was approved once: that was then.
  await moveTo('three', { [PATH]: rule('Red') });
  expect(await files()).toMatchObject([{ state: 'changed' }]);
  expect((await automations())[0]!.text).toContain('Something else');
});

test('one that waits for what happens in no project is no rule, and says so', async () => {
  await moveTo('owner', { [PATH]: rule('Red').replace('ci.verdict', 'skill.removed') });
  const [file] = await files();
  expect(file).toMatchObject({ state: 'wrong' });
  expect(file!.problem).toContain('skill.removed happens in no project');
  await moveTo('either', { [PATH]: rule('Red').replace('ci.verdict', '[skill.removed, ci.verdict]') });
  expect(await files()).toMatchObject([{ state: 'waits' }]);
});

test('only the newest commit of the default branch is read, once', async () => {
  commits['stranger'] = { [PATH]: rule('From a pull request') };
  await moveTo('main-1', { 'README.md': '' });
  expect(await files()).toEqual([]);
  await moveTo('main-2', { [PATH]: rule('Merged') });
  await readRuleFiles(database.db, OWNER, forge, seen);
  expect(asked.filter((line) => !line.endsWith('empty'))).toEqual([
    'list main-1',
    'list main-2',
    'read main-2',
  ]);
  const before = await lastSeq(database.db, OWNER);
  // Another worker, which remembers nothing, writes nothing new.
  await readRuleFiles(database.db, OWNER, forge, new Map());
  expect(await lastSeq(database.db, OWNER)).toBe(before);
});

test.each<[string, string | null, string]>([
  ['no rule', 'just words', 'A rule has a name, when and actions.'],
  ['a picture', null, 'This is no text, or too long for a rule.'],
  ['a bomb of aliases', 'a: &a [x]\nb: [*a, *a]', "This can't be read"],
  ['30 kB', `name: ${'a'.repeat(30_000)}`, 'This is too long for a rule.'],
  ['what turns around what is read', rule('Red \u202e'), "can't be seen"],
  ['the same, escaped', rule('Red').replace('"Red"', '"Red \\u202e"'), "can't be seen"],
  ['a zero width space in a comment', `# \u200b\n${rule('Red')}`, "can't be seen"],
  [
    'an address inside',
    rule('x').replace('notify, title: "x"', 'webhook, url: "http://10.0.0.1"'),
    'https only',
  ],
  ['a field of a rule that is none', `${rule('Red')}\napproved: true`, 'A rule has no approved.'],
])('%s is no rule, and says why', async (_, text, says) => {
  await moveTo(`wrong-${says}-${_}`, { [PATH]: text });
  const [file] = await files();
  expect(file).toMatchObject({ state: 'wrong', sentence: '', text: '' });
  expect(file!.problem).toContain(says);
  expect(await approveRuleFile(database.db, OWNER, file!.digest)).toMatchObject({ ok: false });
  expect(await automations()).toEqual([]);
});

test('it takes the place of no other automation, and is changed in its file alone', async () => {
  expect(await saveAutomation(database.db, OWNER, rule('Mine'))).toMatchObject({ ok: true });
  await moveTo('one', { [PATH]: rule('Theirs') });
  const [file] = await files();
  expect(await approveRuleFile(database.db, OWNER, file!.digest)).toMatchObject({
    ok: false,
    sentence: expect.stringContaining('There is an automation called tell already.'),
  });
  expect((await automations())[0]!.text).toContain('Mine');
  await moveTo('two', { [PATH]: rule('Theirs', 'other') });
  await approve();
  expect(await saveAutomation(database.db, OWNER, rule('Mine', 'other'))).toMatchObject({
    ok: false,
    sentence: expect.stringContaining('other stands in a repository.'),
  });
  // A file that takes another name stays the same automation.
  const { id } = (await automations()).find(({ name }) => name === 'other')!;
  await moveTo('three', { [PATH]: rule('Theirs', 'another') });
  await approve();
  expect((await automations()).map((one) => [one.id === id, one.name])).toEqual([
    [true, 'another'],
    [false, 'tell'],
  ]);
});

test('it is paused when its file is gone, and not when the repository could not be read', async () => {
  await moveTo('one', { [PATH]: rule('Red') });
  await approve();
  isWhole = false;
  await moveTo('cut', {});
  expect(await automations()).toMatchObject([{ paused: false }]);
  isWhole = true;
  tip = 'away';
  const away = { ...forge, listFiles: () => Promise.reject(new ForgeError('unavailable', 'away')) };
  await readRuleFiles(database.db, OWNER, away, seen);
  expect(await automations()).toMatchObject([{ paused: false }]);
  await moveTo('two', {});
  expect(await files()).toEqual([]);
  expect(await automations()).toMatchObject([
    { paused: true, problem: 'Its file is gone from the default branch of its repository.' },
  ]);
  // The same again asks again.
  await moveTo('three', { [PATH]: rule('Red') });
  expect(await files()).toMatchObject([{ state: 'waits' }]);
});

test('one that was removed here waits to be approved again', async () => {
  await moveTo('one', { [PATH]: rule('Red') });
  await approve();
  for (const { id } of await automations()) await removeAutomation(database.db, OWNER, id);
  expect(await files()).toMatchObject([{ state: 'waits' }]);
  await approve();
  expect(await automations()).toMatchObject([{ name: 'tell', version: 1 }]);
});

test('what is there is made from the log', async () => {
  await moveTo('one', { [PATH]: rule('Red'), '.mainloop/automations/b.yaml': 'no rule' });
  await approve();
  expect((await checkRebuild(database.db)).wrong).toEqual([]);
});
