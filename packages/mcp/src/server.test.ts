// The real client of the protocol against the server, in both revisions, over the same bridge as on stdin and
// stdout. The api is a table of answers.
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Call } from '@mainloop/models/contracts/client';
import { ROUTES } from '@mainloop/models/contracts/routes';
import { MAX_BLOCKERS } from '@mainloop/models/flow/runs/dispatch';
import { TASK_STATES } from '@mainloop/models/flow/states';
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { mcpServer } from './server.ts';
import { TOOLS } from './tools.ts';

const ERAS = [['2025-11-25', 'legacy'] as const, ['2026-07-28', { pin: '2026-07-28' }] as const];
type Mode = (typeof ERAS)[number][1];

const PROPOSAL = {
  id: 'p-1',
  title: 'Round',
  prompt: 'Round up.',
  project: 'a/b',
  digest: 'digest-1',
  budgetCents: 500,
  priority: 'normal',
  blockedBy: [],
};
const TASK = { id: 't-1', title: 'Round', project: 'a/b', costMicrousd: 1, items: [], runs: [] };
const SKILL = {
  name: 'bump',
  prompt: 'Bump {{what}} to {{to}}.',
  parameters: [
    { name: 'what', kind: 'text' },
    { name: 'to', kind: 'choice', choices: ['the newest', 'a patch'], fallback: 'the newest' },
  ],
};
const answers = (): Record<string, unknown> => ({
  listSkills: [SKILL],
  listProposals: [PROPOSAL],
  confirmProposal: { taskId: 't-1' },
  listInbox: [
    {
      id: 'i-1',
      kind: 'question',
      title: 'Which?',
      body: '',
      options: [],
      taskTitle: 'Round',
      project: 'a/b',
    },
  ],
  decide: { ok: true },
  listTasks: [TASK],
  getTask: TASK,
  listEvents: [],
  listProjects: [{ id: 'pr-1', name: 'a/b', defaultBranch: 'main' }],
  proposeTask: { proposalId: 'p-2' },
  listLearnings: [],
  steerTask: { heard: 'now' },
  cancelTask: { ok: true },
  resumeAll: { since: null },
  pauseAll: { since: '2026-11-27T00:00:00Z' },
  pauseTask: { ok: true },
  search: { messages: [], tasks: [] },
  sendMessage: { messageId: 'm', turnId: 'turn' },
  listMessages: [],
  listLimits: [],
});

let open: { client: Client; close(): Promise<void> } | undefined;
afterEach(async () => {
  await open?.client.close();
  await open?.close();
  open = undefined;
});

/** @param person what whoever sits at the client says when asked; null for a client that can't ask */
async function connect(
  mode: Mode,
  person: 'accept' | 'decline' | null,
  said: Record<string, unknown> = answers(),
) {
  const calls: { name: string; sends: unknown }[] = [];
  const asked: string[] = [];
  const call = (async (name: string, sends?: unknown) => {
    calls.push({ name, sends });
    const answer = said[name];
    if (answer instanceof Error) throw answer;
    return answer;
  }) as Call;
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const served = serveStdio(() => mcpServer({ call, address: 'http://localhost:3000' }), { transport: ours });
  const client = new Client(
    { name: 'a-client', version: '1' },
    { capabilities: person === null ? {} : { elicitation: {} }, versionNegotiation: { mode } },
  );
  if (person !== null)
    client.setRequestHandler('elicitation/create', (request) => {
      asked.push(request.params.message);
      return { action: person, ...(person === 'accept' ? { content: {} } : {}) };
    });
  await client.connect(theirs);
  open = { client, close: () => served.close() };
  return {
    client,
    asked,
    /** What was called but for looking. */
    done: () => calls.filter(({ name }) => ROUTES[name as keyof typeof ROUTES].method !== 'GET'),
    use: async (name: string, input: Record<string, unknown> = {}) => {
      const result = await client.callTool({ name, arguments: input });
      const [first] = result.content as { text: string }[];
      return { isError: result.isError === true, text: first!.text };
    },
  };
}

describe.each(ERAS)('a client of %s', (_, mode) => {
  test('is shown every tool, with what it may expect of it', async () => {
    const { client } = await connect(mode, 'accept');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(Object.keys(TOOLS));
    expect(tools.find(({ name }) => name === 'list_inbox')).toMatchObject({
      annotations: { readOnlyHint: true, destructiveHint: false },
      inputSchema: { type: 'object' },
    });
    expect(tools.find(({ name }) => name === 'start_task')).toMatchObject({
      annotations: { readOnlyHint: false, destructiveHint: true },
      inputSchema: { required: ['proposalId'] },
    });
  });

  test('proposes, and gets a handle at once', async () => {
    const { use, done } = await connect(mode, null);
    expect(await use('propose_task', { project: 'a/b', prompt: 'Round up.' })).toEqual({
      isError: false,
      text: expect.stringContaining('"p-2"'),
    });
    expect(done()).toEqual([
      { name: 'proposeTask', sends: { body: { projectId: 'pr-1', prompt: 'Round up.' } } },
    ]);
    await use('propose_task', { project: 'a/b', prompt: 'Later.', priority: 'low', after: ['t-1', 't-2'] });
    expect(done().at(-1)).toEqual({
      name: 'proposeTask',
      sends: { body: { projectId: 'pr-1', prompt: 'Later.', priority: 'low', blockedBy: ['t-1', 't-2'] } },
    });
    expect(await use('propose_task', { project: 'a/b', prompt: 'x', priority: 'now!' })).toMatchObject({
      isError: true,
    });
    expect(await use('propose_task', { project: 'no/where', prompt: 'x' })).toEqual({
      isError: true,
      text: 'There is no project no/where. See list_projects.',
    });
  });

  test('starts what its person said yes to, as they were shown it', async () => {
    const { use, asked, done } = await connect(mode, 'accept');
    expect(await use('start_task', { proposalId: 'p-1' })).toMatchObject({ isError: false });
    expect(asked).toEqual(['Start “Round” in a/b, for at most $5.00?\n\nRound up.']);
    expect(done()).toEqual([{ name: 'confirmProposal', sends: { id: 'p-1', body: { digest: 'digest-1' } } }]);
  });

  test('is asked with the order that the card shows', async () => {
    const later = { ...PROPOSAL, priority: 'urgent', blockedBy: ['t-1', 't-9'] };
    const { use, asked } = await connect(mode, 'accept', { ...answers(), listProposals: [later] });
    await use('start_task', { proposalId: 'p-1' });
    expect(asked).toEqual([
      'Start “Round” in a/b, for at most $5.00, urgent in priority, after t-1, t-9?\n\nRound up.',
    ]);
  });

  const acting: [string, Record<string, unknown>][] = [
    ['start_task', { proposalId: 'p-1' }],
    ['decide', { itemId: 'i-1', decision: 'answer', text: 'The first' }],
    ['tell_task', { taskId: 't-1', text: 'Stop' }],
    ['cancel_task', { taskId: 't-1' }],
    ['resume_all', {}],
  ];
  test('these act', () =>
    expect(acting.map(([name]) => name).toSorted()).toEqual(
      Object.keys(TOOLS)
        .filter((name) => TOOLS[name]!.kind === 'acts')
        .toSorted(),
    ));
  test.each(acting)(
    '%s does nothing without a yes, and nothing when nobody can be asked',
    async (name, input) => {
      const no = await connect(mode, 'decline');
      expect(await no.use(name, input)).toEqual({
        isError: false,
        text: 'Nothing was done: the person did not say yes.',
      });
      expect([no.asked.length, no.done()]).toEqual([1, []]);
      await no.client.close();
      const nobody = await connect(mode, null);
      expect(await nobody.use(name, input)).toEqual({
        isError: true,
        text: expect.stringContaining('can decide on http://localhost:3000.'),
      });
      expect(nobody.done()).toEqual([]);
      await nobody.client.close();
      const yes = await connect(mode, 'accept');
      expect(await yes.use(name, input)).toMatchObject({ isError: false });
      expect(yes.done()).toHaveLength(1);
    },
  );

  test('hears why, when the api refuses or is away; the connection lives', async () => {
    const said = { ...answers(), listTasks: new Error('mainloop does not answer on http://x. Start it.') };
    const { use } = await connect(mode, 'accept', said);
    expect(await use('list_tasks')).toEqual({
      isError: true,
      text: 'mainloop does not answer on http://x. Start it.',
    });
    expect(await use('start_task', { proposalId: 'p-9' })).toEqual({
      isError: true,
      text: 'This proposal is not open (any more). See list_proposals.',
    });
    expect(await use('list_inbox')).toMatchObject({ isError: false });
  });

  test('reads what waits, and one task, as resources', async () => {
    const { client } = await connect(mode, null);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      'mainloop://inbox',
      'mainloop://tasks',
      'mainloop://learnings',
      'mainloop://tasks/t-1',
    ]);
    for (const { uri } of [...resources, { uri: 'mainloop://tasks/t-1/events' }]) {
      const { contents } = await client.readResource({ uri });
      expect(contents).toEqual([{ uri, mimeType: 'application/json', text: expect.stringMatching(/^[[{]/) }]);
    }
  });

  test('has skills as prompts, filled in by the rules of skills', async () => {
    const { client } = await connect(mode, null);
    const { prompts } = await client.listPrompts();
    expect(prompts).toMatchObject([
      {
        name: 'bump',
        arguments: [
          { name: 'what', required: true },
          { name: 'to', required: false },
        ],
      },
    ]);
    const { messages } = await client.getPrompt({ name: 'bump', arguments: { what: 'left-pad {{to}}' } });
    expect(messages).toEqual([
      { role: 'user', content: { type: 'text', text: 'Bump left-pad {{to}} to the newest.' } },
    ]);
    await expect(
      client.getPrompt({ name: 'bump', arguments: { what: 'x', to: 'the moon' } }),
    ).rejects.toThrow(/the newest/);
  });

  const PROPOSAL_ID = '"proposalId" of start_task';
  test.each([
    ['start_task', {}, `${PROPOSAL_ID} is missing: it should be text of 1 to 80 characters.`],
    [
      'start_task',
      { proposalId: ['p-1'] },
      `${PROPOSAL_ID} should be text of 1 to 80 characters, and was a list.`,
    ],
    ['start_task', { proposalId: '' }, `${PROPOSAL_ID} should be text of 1 to 80 characters, and was empty.`],
    [
      'start_task',
      { proposalId: null },
      `${PROPOSAL_ID} should be text of 1 to 80 characters, and was null.`,
    ],
    [
      'start_task',
      { proposalId: 'x'.repeat(1_000_000) },
      `${PROPOSAL_ID} should be text of 1 to 80 characters, and was text of 1,000,000 characters.`,
    ],
    [
      'list_tasks',
      { state: 'finished\n\u202e' },
      `"state" of list_tasks should be one of ${TASK_STATES.join(', ')}, and was “finished [U+202E]”.`,
    ],
    [
      'get_story',
      { taskId: 't-1', last: 0 },
      '"last" of get_story should be a whole number, 1 to 1,000, and was 0.',
    ],
    [
      'get_story',
      { taskId: 't-1', last: 2.5 },
      '"last" of get_story should be a whole number, 1 to 1,000, and was 2.5.',
    ],
    [
      'get_story',
      { taskId: { id: 't-1' } },
      '"taskId" of get_story should be text of 1 to 80 characters (as list_tasks gives it), and was an object.',
    ],
    [
      'search',
      { words: 'x', from: 'yesterday' },
      '"from" of search should be a day, written 2026-11-26, and was “yesterday”.',
    ],
    [
      'propose_task',
      { project: 'a/b', prompt: 'x', skipPlan: 'yes' },
      '"skipPlan" of propose_task should be true or false (without a plan to approve), and was “yes”.',
    ],
    [
      'propose_task',
      { project: 'a/b', prompt: 'x', after: ['t-1', 7] },
      '"after.1" of propose_task should be text of 1 to 80 characters (tasks that have to end before it begins, of whichever project), and was 7.',
    ],
    [
      'propose_task',
      { project: 'a/b', prompt: 'x', after: 't-1' },
      `"after" of propose_task should be a list of at most ${MAX_BLOCKERS}, each text of 1 to 80 characters (tasks that have to end before it begins, of whichever project), and was “t-1”.`,
    ],
  ])('is told by %s of %j what was wrong, what is allowed and what came', async (tool, input, words) => {
    const { use, done, asked } = await connect(mode, 'accept');
    const { isError, text } = await use(tool, input);
    expect([isError, text]).toEqual([true, `Nothing was done, because ${words}`]);
    expect([done(), asked]).toEqual([[], []]);
  });

  test('hears of a name that Object has what it hears of any other', async () => {
    const { use, done, asked } = await connect(mode, 'accept');
    const { isError, text } = await use('start_task', { proposalId: 'constructor' });
    expect([isError, text]).toEqual([true, expect.stringContaining('This proposal is not open')]);
    expect([done(), asked]).toEqual([[], []]);
  });
});
