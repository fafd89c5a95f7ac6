// WORKFLOW.md as the Symphony specification has it: a test for each bullet of its section 17.1 that is about the file.
// What stands elsewhere of them is named in docs/workflow.md.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { workflowConfig } from '../flow/projects/workflow-file.ts';
import { placedWords, readWorkflow, type ReadWorkflow } from './read.ts';
import { renderTemplate, type TemplateFacts } from './template.ts';

const good = async (text: string): Promise<Extract<ReadWorkflow, { ok: true }>> => {
  const read = await readWorkflow(text);
  if (!read.ok) throw new Error(placedWords(read));
  return read;
};
const bad = async (text: string): Promise<string> => {
  const read = await readWorkflow(text);
  return read.ok ? 'accepted' : `${read.kind} ${read.line}:${read.column} ${read.sentence}`;
};
const front = (...lines: string[]): string => ['---', ...lines, '---', 'Do it.'].join('\n');

const WHOLE = `---
tracker:
  kind: linear
  api_key: $LINEAR_API_KEY
  project_slug: "shop-1"
  active_states: Todo, In Progress
  terminal_states: [Done, Cancelled]
polling: { interval_ms: 30000 }
workspace:
  root: ~/code/workspaces
hooks:
  after_create: |
    make setup
    echo "it's done"
  before_run: git fetch origin
  after_run: make clean
  before_remove: make down
  timeout_ms: 120000
agent:
  max_concurrent_agents: "3"
  max_turns: 40
  max_concurrent_agents_by_state:
    " In Review ": 2
    Todo: 0
    Done: many
codex:
  command: codex --config 'model="o"' app-server
mainloop:
  dispatch: serial
  prompts:
    plan: Name the files of {{ issue.identifier }}.
    review: Answer each.
    done: >-
      make check
      is green.
---

You work on {{ issue.identifier }}: {{ issue.title }}

{% if attempt %}This is attempt {{ attempt }}.{% endif %}
{% for label in issue.labels %}- {{ label }}
{% endfor %}{% for blocker in issue.blocked_by %}- after {{ blocker.identifier }}
{% endfor %}{{ issue.description | default: "No words." | truncate: 200 }}
`;
const FACTS: TemplateFacts = {
  issue: {
    id: 'abc',
    identifier: 'SHOP-1',
    title: 'Split fairly',
    description: null,
    priority: null,
    state: 'implement',
    branch_name: null,
    url: null,
    labels: ['money'],
    blocked_by: [{ id: 'b', identifier: 'SHOP-0', state: 'done' }],
    created_at: null,
    updated_at: null,
  },
  attempt: null,
  mainloop: { phase: 'implement', base: 'main' },
};

test('front matter and prompt are told apart, and a file without front matter is all prompt', async () => {
  const { workflow } = await good(WHOLE);
  expect(workflow.template.startsWith('You work on {{')).toBe(true);
  expect(workflow.given['hooks.after_create']).toBe('make setup\necho "it\'s done"\n');
  expect((await good('\n  Only words. \n')).workflow).toEqual({ given: {}, template: 'Only words.' });
  expect((await good('---\n---\n')).workflow).toEqual({ given: {}, template: '' });
  expect((await good('\ufeff---\r\nhooks:\r\n  before_run: make\r\n---\r\nDo it.\r\n')).workflow).toEqual({
    given: { 'hooks.before_run': 'make' },
    template: 'Do it.',
  });
});

test('invalid YAML is a typed error with its place', async () => {
  expect(await bad(front('hooks:', '  after_create: "make'))).toMatch(
    /^workflow_parse_error 3:\d+ This is no YAML: /,
  );
  expect(await bad(front('agent:', '  max_turns: 1', '  max_turns: 2'))).toMatch(
    /^workflow_parse_error 4:3 .*unique/,
  );
  expect(await bad('---\nagent: {}\nDo it.')).toMatch(/^workflow_parse_error 1:1 .* has no end/);
});

test('front matter that is no map is a typed error', async () => {
  expect(await bad(front('- hooks'))).toMatch(/^workflow_front_matter_not_a_map 2:1 /);
  expect(await bad(front('words'))).toMatch(/^workflow_front_matter_not_a_map 2:1 /);
  expect(await bad(front('agent: 3'))).toMatch(/^workflow_config_error 2:1 agent should be a map/);
});

test("the specification's defaults count for what is missing", async () => {
  const config = workflowConfig((await good(front('agent: { max_turns: 4 }'))).workflow.given);
  expect(config['agent.max_turns']).toBe(4);
  expect(config['agent.max_concurrent_agents']).toBe(10);
  expect(config['hooks.timeout_ms']).toBe(60_000);
  expect(config['hooks.before_run']).toBeNull();
  expect(config['polling.interval_ms']).toBe(30_000);
  expect(config['codex.stall_timeout_ms']).toBe(300_000);
  expect(config['tracker.terminal_states']).toEqual(['Closed', 'Cancelled', 'Canceled', 'Duplicate', 'Done']);
});

test('numbers may be written as text, and what is none is refused where it stands', async () => {
  const { given } = (await good(WHOLE)).workflow;
  expect(given['agent.max_concurrent_agents']).toBe(3);
  for (const wrong of ['0', '-1', '1.5', 'many', 'true', '[1]', '1e400', '99999999999'])
    expect(await bad(front('agent:', `  max_turns: ${wrong}`))).toBe(
      'workflow_config_error 3:3 agent.max_turns should be a whole number, 1 at least.',
    );
});

test('a time-out that is not positive falls back to the default, and one beyond the most is the most', async () => {
  const read = await good(front('hooks:', '  timeout_ms: -5'));
  expect(workflowConfig(read.workflow.given)['hooks.timeout_ms']).toBe(60_000);
  expect(read.warnings).toEqual([
    { line: 3, column: 3, sentence: 'hooks.timeout_ms should be more than 0, so the usual 60000 counts.' },
  ]);
  const long = await good(front('hooks:', '  timeout_ms: 99999999'));
  expect(long.workflow.given['hooks.timeout_ms']).toBe(900_000);
});

test('only the tracker that the specification knows is one', async () => {
  expect((await good(WHOLE)).workflow.given['tracker.kind']).toBe('linear');
  expect(await bad(front('tracker:', '  kind: jira'))).toBe(
    'workflow_config_error 3:3 tracker.kind should be linear: no other is known.',
  );
});

test('a key of a tracker is named and never written', async () => {
  expect((await good(WHOLE)).workflow.given['tracker.api_key']).toBe('$LINEAR_API_KEY');
  expect(await bad(front('tracker:', '  api_key: lin_api_123'))).toMatch(
    /^workflow_config_error 3:3 tracker.api_key should name a variable/,
  );
});

test('a shell command stays as it is written', async () => {
  expect((await good(WHOLE)).workflow.given['codex.command']).toBe('codex --config \'model="o"\' app-server');
});

test('caps by state have normal names, and those that are none are left out', async () => {
  const { workflow, warnings } = await good(WHOLE);
  expect(workflow.given['agent.max_concurrent_agents_by_state']).toEqual({ 'in review': 2 });
  expect(warnings.filter(({ sentence }) => sentence.includes('leaves "'))).toHaveLength(2);
});

test('lists of states are lists, or names with commas between', async () => {
  const { given } = (await good(WHOLE)).workflow;
  expect(given['tracker.active_states']).toEqual(['Todo', 'In Progress']);
  expect(given['tracker.terminal_states']).toEqual(['Done', 'Cancelled']);
});

test('what is unknown is left out with a word about it, but not under our own key', async () => {
  const read = await good(front('server:', '  port: 8080', 'colour: blue', 'agent:', '  mood: good'));
  expect(read.workflow.given).toEqual({ 'server.port': 8080 });
  expect(read.warnings).toEqual([
    { line: 3, column: 3, sentence: 'server.port has no effect here. docs/workflow.md says why.' },
    { line: 4, column: 1, sentence: 'colour is no setting that is known here.' },
    { line: 6, column: 3, sentence: 'agent.mood is no setting that is known here.' },
  ]);
  expect(await bad(front('mainloop:', '  prompts:', '    plna: x'))).toBe(
    'workflow_config_error 4:5 mainloop.prompts.plna is no setting that is known here.',
  );
});

test('the template speaks of the issue and of the attempt', async () => {
  const { template } = (await good(WHOLE)).workflow;
  expect(await renderTemplate(template, FACTS)).toEqual({
    ok: true,
    text: 'You work on SHOP-1: Split fairly\n\n\n- money\n- after SHOP-0\nNo words.',
  });
  const again = await renderTemplate(template, { ...FACTS, attempt: 2 });
  expect(again.ok && again.text).toContain('This is attempt 2.');
});

test('an unknown variable, filter or tag fails, also where no example comes by', async () => {
  const line5 = (text: string): string => `---\nagent: {}\n---\n\n${text}`;
  expect(await bad(line5('{{ issue.titel }}'))).toBe(
    "template_render_error 5:4 The template can't be used: undefined variable: issue.titel.",
  );
  expect(await bad(line5('a {{ nobody }}'))).toMatch(/^template_render_error 5:6 .*nobody/);
  expect(await bad(line5('{% if issue.priority == 99 %}\n{{ nobody.there }}{% endif %}'))).toMatch(
    /^template_render_error 6:4 .*undefined variable: nobody.there/,
  );
  expect(await bad(line5('{{ issue.title | shout }}'))).toMatch(
    /^template_parse_error 5:1 .*undefined filter: shout/,
  );
  expect(await bad(line5('{% include "a" %}'))).toMatch(
    /^template_parse_error 5:1 .*tag "include" not found/,
  );
  expect(await bad(line5('{{ issue.constructor }}{{ issue.__proto__ }}'))).toMatch(
    /^template_render_error 5:4 /,
  );
  expect(await bad(line5('{% for l in issue.labels %}'))).toMatch(/^template_parse_error 5:1 .*not closed/);
  expect(await bad(front('mainloop:', '  prompts:', '    done: "{{ nobody }}"'))).toMatch(
    /^template_render_error 4:5 .*nobody/,
  );
});

test('what would take for ever or come to any size is refused', async () => {
  expect(await bad('{% for i in (1..100000000) %}x{% endfor %}')).toMatch(/^template_render_error 1:1 /);
  const grows =
    '{% assign s = "xxxxxxxxxx" %}{% for i in (1..40) %}{% assign s = s | append: s %}{% endfor %}';
  expect(await bad(`${grows}{{ s }}`)).toMatch(/^template_render_error 1:\d+ /);
  expect(await bad(`{% for i in (1..900) %}${'x'.repeat(50)}{% endfor %}`)).toMatch(
    /more than 20,000 characters/,
  );
  const bomb = ['a: &a [x,x,x,x]', 'b: &b [*a,*a,*a,*a]', 'c: [*b,*b,*b,*b]'];
  expect(await bad(front(...bomb))).toBe('workflow_parse_error 3:8 Write this out: * is not read.');
  expect(await bad(front(`a: ${'['.repeat(20_000)}`))).toMatch(/^workflow_parse_error /);
  expect(await bad('x'.repeat(64_001))).toMatch(/^workflow_parse_error 1:1 .*more than 64,000 characters/);
});

test('names of every object are keys like others', async () => {
  const read = await good(front('__proto__: { polluted: 1 }', 'constructor: 2', 'agent: { toString: 3 }'));
  expect(read.warnings).toHaveLength(3);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('nothing hides in a file', async () => {
  expect(await bad('Do it.\nand \u202enow')).toMatch(/^workflow_parse_error 2:5 .*can't be seen/);
  expect(await bad(front('hooks:', '  after_run: "a\\u202eb"'))).toMatch(
    /^workflow_parse_error 3:14 .*can't be seen/,
  );
});

const PIECES = [
  '---', '\n', '\n---\n', ': ', '&a ', '*a', '"', "'", '|', '>', '{{', '}}', '{%', '%}', '{% for x in y %}',
  '{% endfor %}', '[', '{', '\t', '\u0000', '\u202e', '\ud800', '__proto__: 1\n', '!!js/function x', '<<: *a', '- ',
  '? ', '# ', '%YAML 9.9\n', '...\n', '{{ issue.title | append: issue', '{% raw %}', '9'.repeat(40), 'x'.repeat(70_000),
  '['.repeat(5_000), '{'.repeat(5_000),
]; // prettier-ignore
const mutation = fc.tuple(fc.nat(WHOLE.length), fc.nat(30), fc.constantFrom('', ...PIECES));

test('a thousand files with faults are accepted, or refused in one sentence with a place in them', async () => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 5 }), async (mutations) => {
      const text = mutations.reduce(
        (of, [at, gone, put]) => of.slice(0, at) + put + of.slice(at + gone),
        WHOLE,
      );
      const read = await readWorkflow(text);
      if (read.ok) return;
      refused += 1;
      expect(read.sentence).toMatch(/\S/);
      expect(read.sentence).not.toMatch(/\n|undefined$|\[object/);
      expect(read.sentence.length).toBeLessThanOrEqual(400);
      const lines = text.split('\n');
      expect(read.line).toBeGreaterThanOrEqual(1);
      expect(read.line).toBeLessThanOrEqual(lines.length + 1);
      expect(read.column).toBeGreaterThanOrEqual(1);
    }),
    { numRuns: 1_000 },
  );
  // It would hold of a reader that takes anything.
  expect(refused).toBeGreaterThan(200);
});
