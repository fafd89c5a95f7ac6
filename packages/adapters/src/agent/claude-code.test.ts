import { describe, expect, test } from '@jest/globals';
import { RunResult } from '@mainloop/models/contracts/runner';
import { statusLine } from '@mainloop/models/flow/status';
import fc from 'fast-check';
import { claudeCode, classify } from './claude-code.ts';

const end = { code: 1, signal: null, stderrTail: '' };
const by = (result: object | null, more: { error?: string; limit?: object; end?: object } = {}) =>
  classify({
    result: result as never,
    error: more.error ?? null,
    limit: (more.limit ?? null) as never,
    end: { ...end, ...more.end },
    nowMs: 0,
  });
const START = {
  executable: '/x/claude',
  model: 'm',
  sessionId: 's',
  resume: false,
  maxTurns: 3,
  askPermissions: false,
  configDir: '/c',
  tmpDir: '/t',
  gatewayUrl: 'http://g',
  token: 'SECRET',
  pluginDir: null,
};
const api = (status: number | null, result = '') => ({
  subtype: 'success',
  is_error: true,
  api_error_status: status,
  result,
});

describe('every way Claude Code can end has a place in the closed union', () => {
  test.each<[string, ReturnType<typeof by>, object]>([
    [
      'fine',
      by({ subtype: 'success', is_error: false, result: 'Done.' }),
      { kind: 'completed', summary: 'Done.' },
    ],
    ['an API error comes as success', by(api(500)), { kind: 'retry', reason: 'server_error' }],
    ['401', by(api(401)), { kind: 'failed', reason: 'auth' }],
    ['not logged in', by(api(null, 'Not logged in · Please run /login')), { kind: 'failed', reason: 'auth' }],
    ['credit', by(api(400, 'Your credit balance is too low')), { kind: 'failed', reason: 'billing' }],
    ['model', by(api(404)), { kind: 'failed', reason: 'model' }],
    ['429', by(api(429)), { kind: 'retry', reason: 'rate_limit' }],
    ['529', by(api(529)), { kind: 'retry', reason: 'overloaded' }],
    ['connection', by(api(null), { error: 'server_error' }), { kind: 'retry', reason: 'network' }],
    [
      'account limit',
      by(api(429), { limit: { status: 'rejected', resetsAt: 7, rateLimitType: 'five_hour' } }),
      { kind: 'wait', reason: 'five_hour', untilMs: 7_000 },
    ],
    [
      "the day's budget",
      by(api(400, 'API Error: 400 mainloop_day_budget: spent')),
      { kind: 'limit', reason: 'day' },
    ],
    [
      "the project's day",
      by(api(400, 'API Error: 400 mainloop_project_day_budget: spent')),
      { kind: 'limit', reason: 'project_day' },
    ],
    [
      'the month',
      by(api(400, 'API Error: 400 mainloop_month_budget: spent')),
      { kind: 'limit', reason: 'month' },
    ],
    [
      "the project's week",
      by(api(400, 'API Error: 400 mainloop_project_week_budget: spent')),
      { kind: 'limit', reason: 'project_week' },
    ],
    [
      'our budget',
      by(api(400, 'API Error: 400 mainloop_budget: spent')),
      { kind: 'limit', reason: 'budget' },
    ],
    ['turns', by({ subtype: 'error_max_turns', is_error: true }), { kind: 'limit', reason: 'turns' }],
    [
      'prompt too long',
      by(api(400, 'prompt is too long: 250000 tokens')),
      { kind: 'failed', reason: 'context' },
    ],
    [
      'aborted',
      by({ subtype: 'error_during_execution', is_error: true, terminal_reason: 'aborted_streaming' }),
      { kind: 'interrupted', reason: 'killed' },
    ],
    [
      'startup',
      by(null, { end: { stderrTail: 'no such flag' } }),
      { kind: 'failed', reason: 'startup', detail: 'no such flag' },
    ],
    ['SIGTERM', by(null, { end: { code: 143 } }), { kind: 'interrupted', reason: 'killed' }],
    [
      'SIGKILL',
      by(null, { end: { code: null, signal: 'SIGKILL' } }),
      { kind: 'interrupted', reason: 'killed' },
    ],
    ['something new', by(api(418, 'teapot')), { kind: 'failed', reason: 'api', detail: 'teapot' }],
    [
      'a limit that an agent made up, to wait for ever',
      by(api(429), { limit: { status: 'rejected', resetsAt: 9e15 } }),
      { kind: 'wait', untilMs: 8 * 24 * 3_600_000 },
    ],
  ])('%s', (_, got, want) => {
    expect(got).toMatchObject(want);
  });
});

test('an agent that asks is asked for every command and every edit, and the repository settles none of it', () => {
  const of = (
    askPermissions: boolean,
  ): { args: readonly string[]; settings: { permissions?: { ask: string[] } } } => {
    const { args } = claudeCode.command({ ...START, askPermissions });
    return { args, settings: JSON.parse(args[args.indexOf('--settings') + 1]!) as object };
  };
  const asks = of(true);
  expect(asks.settings.permissions).toEqual({ ask: ['Bash', 'Edit', 'Write'] });
  expect(asks.args[asks.args.indexOf('--setting-sources') + 1]).toBe('user');
  expect(asks.args.slice(asks.args.indexOf('--allowedTools') + 1)).toEqual([
    'Read',
    'Glob',
    'Grep',
    'TodoWrite',
  ]);
  expect(asks.args).not.toContain('--dangerously-skip-permissions');
  expect(of(false).settings.permissions).toBeUndefined();
});

test('whatever stands in a line of the output, it is read, and how the run ended is said', async () => {
  const line = fc.oneof(
    fc.jsonValue(),
    fc.record(
      {
        type: fc.constantFrom('result', 'control_request', 'rate_limit_event', 'assistant'),
        subtype: fc.jsonValue(),
        is_error: fc.jsonValue(),
        result: fc.jsonValue(),
        errors: fc.jsonValue(),
        terminal_reason: fc.jsonValue(),
        request: fc.jsonValue(),
        rate_limit_info: fc.jsonValue(),
        api_error_status: fc.jsonValue(),
      },
      { requiredKeys: [] },
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line), async (lines) => {
      const reader = claudeCode.reader();
      for (const limit of lines) reader.read(JSON.stringify(limit));
      const outcome = reader.outcome(end, 0);
      if (outcome.kind === 'wait')
        expect(await statusLine({ is: 'account_limit', untilMs: outcome.untilMs }, async () => '')).toContain(
          'UTC',
        );
      expect(RunResult.safeParse({ outcome, outputEnd: 0 }).error).toBeUndefined();
    }),
  );
});

test('the command line never carries the token', () => {
  const command = claudeCode.command(START);
  expect(JSON.stringify(command.args)).not.toContain('SECRET');
  expect(command.args).toContain('--session-id');
});
