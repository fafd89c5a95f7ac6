// Claude Code, headless. Its command line, its stream of JSON lines, and every way it can end.
// Facts behind the odd parts are in docs/development.md ("Claude Code").
import { ASKED_TOOLS, LOOKING_TOOLS } from '@mainloop/models/flow/runs/permissions';
import { LIMIT_REASONS, type FailReason, type RunOutcome } from '@mainloop/models/flow/runs/outcomes';
import type { AgentAdapter, AgentEnd, AgentSignal } from './port.ts';

const TOOLS = 'Bash,Edit,Read,Write,Glob,Grep,TodoWrite';

interface ResultLine {
  readonly subtype?: string | undefined;
  readonly is_error?: boolean;
  readonly result?: string | undefined;
  readonly api_error_status?: number | null;
  readonly terminal_reason?: string | undefined;
  readonly startup_failure_reason?: string | undefined;
  readonly errors?: readonly string[] | undefined;
}
interface LimitInfo {
  readonly status?: string | undefined;
  readonly resetsAt?: number;
  readonly rateLimitType?: string | undefined;
}

/** The longest limit of an account is a week; whoever says more is not the provider. */
const LONGEST_WAIT_MS = 8 * 24 * 3_600_000;

export const claudeCode: AgentAdapter = {
  command(start) {
    return {
      file: start.executable,
      args: [
        '-p',
        '--input-format',
        'stream-json',
        '--output-format',
        'stream-json',
        '--verbose',
        ...(start.resume ? ['--resume', start.sessionId] : ['--session-id', start.sessionId]),
        '--model',
        start.model,
        '--max-turns',
        String(start.maxTurns),
        '--tools',
        start.pluginDir === null ? TOOLS : `${TOOLS},LSP`,
        // "user" is our CLAUDE.md in the config folder, "project" the repository's own. Hooks and permissions
        // that a repository brings run inside the sandbox only, but they still may not run: see
        // disableAllHooks. Where the agent asks, the repository's settings count for nothing: they name
        // variables and programs, and the agent may edit them.
        '--setting-sources',
        start.askPermissions ? 'user' : 'user,project',
        '--settings',
        JSON.stringify({
          attribution: { commit: '', pr: '' },
          disableAllHooks: true,
          includeCoAuthoredBy: false,
          ...(start.askPermissions ? { permissions: { ask: ASKED_TOOLS } } : {}),
        }),
        '--strict-mcp-config',
        ...(start.pluginDir === null ? [] : ['--plugin-dir', start.pluginDir]),
        ...(start.askPermissions
          ? [
              '--permission-mode',
              'default',
              '--permission-prompt-tool',
              'stdio',
              '--allowedTools',
              ...LOOKING_TOOLS,
            ]
          : ['--dangerously-skip-permissions']),
      ],
      env: {
        ANTHROPIC_BASE_URL: start.gatewayUrl,
        ANTHROPIC_API_KEY: start.token,
        CLAUDE_CONFIG_DIR: start.configDir,
        CLAUDE_CODE_TMPDIR: start.tmpDir,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
        DISABLE_TELEMETRY: '1',
        DISABLE_ERROR_REPORTING: '1',
        CLAUDE_CODE_MAX_RETRIES: '3',
        CLAUDE_CODE_STARTUP_FAILURE_RESULTS: '1',
        IS_SANDBOX: '1',
        // Every command begins where the first one did, so that a shape means the same each time.
        ...(start.askPermissions ? { CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR: '1' } : {}),
      },
    };
  },

  pluginFiles: (lspServers) => ({
    '.claude-plugin/plugin.json': JSON.stringify({
      name: 'mainloop',
      version: '1.0.0',
      description: 'Language servers of this repository',
      lspServers,
    }),
  }),

  userLine: (text) =>
    JSON.stringify({
      type: 'user',
      message: { role: 'user', content: text },
      parent_tool_use_id: null,
      session_id: '',
    }) + '\n',

  permissionLine: (requestId, allow, message, input) =>
    JSON.stringify({
      type: 'control_response',
      response: {
        subtype: 'success',
        request_id: requestId,
        response: allow ? { behavior: 'allow', updatedInput: input } : { behavior: 'deny', message },
      },
    }) + '\n',

  reader() {
    let result: ResultLine | null = null;
    let error: string | null = null;
    let limit: LimitInfo | null = null;
    return {
      read(line): AgentSignal {
        const event = readObject(line);
        if (event === null) return { kind: 'other' };
        if (event.type === 'assistant' && typeof event.error === 'string') error = event.error;
        if (event.type === 'rate_limit_event') limit = limitInfo(event.rate_limit_info);
        if (event.type === 'result') {
          result = resultLine(event);
          return { kind: 'turn_ended' };
        }
        const request = event.request as
          { subtype?: string; tool_name?: string; input?: unknown } | undefined;
        if (event.type === 'control_request' && request?.subtype === 'can_use_tool')
          return {
            kind: 'permission',
            requestId: String(event.request_id),
            tool: String(request.tool_name),
            input: request.input,
          };
        return { kind: 'other' };
      },
      outcome: (end, nowMs) => classify({ result, error, limit, end, nowMs }),
    };
  },
};

/** @returns null for a line that is no JSON object: such a one is for people */
export function readObject(line: string): Record<string, unknown> | null {
  try {
    const error: unknown = JSON.parse(line);
    return typeof error === 'object' && error !== null && !Array.isArray(error)
      ? (error as Record<string, unknown>)
      : null;
  } catch {
    // Another program printed it.
    return null;
  }
}

// Whatever runs beside Claude Code can write between its lines, so no field is taken for what it should be.
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const resultLine = (event: Record<string, unknown>): ResultLine => ({
  subtype: text(event.subtype),
  is_error: event.is_error === true,
  result: text(event.result),
  api_error_status: typeof event.api_error_status === 'number' ? event.api_error_status : null,
  terminal_reason: text(event.terminal_reason),
  startup_failure_reason: text(event.startup_failure_reason),
  errors: Array.isArray(event.errors) ? event.errors.filter((x) => typeof x === 'string') : undefined,
});
function limitInfo(value: unknown): LimitInfo | null {
  if (typeof value !== 'object' || value === null) return null;
  const { status, resetsAt, rateLimitType } = value as Record<string, unknown>;
  const at =
    typeof resetsAt === 'number' && Number.isSafeInteger(Math.trunc(resetsAt * 1000))
      ? { resetsAt: Math.trunc(resetsAt) }
      : {};
  return { status: text(status), rateLimitType: text(rateLimitType), ...at };
}

/**
 * Imports the repository's own notes into ours, where its settings are not read and its notes would be
 * left out with them.
 * @param repo the clone
 * @param ours our own notes, as markdown
 * @returns markdown for a CLAUDE.md
 */
export const withNotesOf = (repo: string, ours: string): string =>
  `${ours}\n@${repo}/CLAUDE.md\n@${repo}/.claude/CLAUDE.md\n`;

/**
 * An API error comes as subtype "success" with is_error true; a denial exits 0. So neither alone is
 * believed.
 * @param input the last lines of its output and how its process ended
 * @returns the outcome of the run
 */
export function classify(input: {
  result: ResultLine | null;
  error: string | null;
  limit: LimitInfo | null;
  end: AgentEnd;
  nowMs: number;
}): RunOutcome {
  const { result, error, limit } = input;
  const fail = (reason: FailReason, detail = result?.result ?? input.end.stderrTail): RunOutcome => ({
    kind: 'failed',
    reason,
    detail: detail.slice(0, 4_000),
  });
  if (!result) {
    if (input.end.signal !== null || input.end.code === 143 || input.end.code === 137)
      return { kind: 'interrupted', reason: 'killed' };
    return fail('startup', input.end.stderrTail || `exit ${input.end.code} without a word`);
  }
  if (!result.is_error) return { kind: 'completed', summary: (result.result ?? '').slice(0, 50_000) };
  switch (result.subtype) {
    case 'error_max_turns':
      return { kind: 'limit', reason: 'turns' };
    case 'error_max_budget_usd':
      return { kind: 'limit', reason: 'budget' };
    case 'error_during_execution':
      if ((result.terminal_reason ?? '').startsWith('aborted'))
        return { kind: 'interrupted', reason: 'killed' };
      return fail(
        result.startup_failure_reason ? 'startup' : 'execution',
        result.errors?.join('; ') ?? result.startup_failure_reason ?? '',
      );
  }
  const status = result.api_error_status ?? null;
  const text = result.result ?? '';
  if (limit?.status === 'rejected' && limit.resetsAt)
    return {
      kind: 'wait',
      reason: limit.rateLimitType ?? 'rate_limit',
      untilMs: Math.max(0, Math.min(limit.resetsAt * 1000, input.nowMs + LONGEST_WAIT_MS)),
    };
  const spent = LIMIT_REASONS.find((reason) => text.includes(`mainloop_${reason}_budget`));
  if (spent !== undefined) return { kind: 'limit', reason: spent };
  if (text.includes('mainloop_budget')) return { kind: 'limit', reason: 'budget' };
  if (status === 429 || error === 'rate_limit')
    return { kind: 'retry', reason: 'rate_limit', backoffMs: 30_000 };
  if (status === 529 || error === 'overloaded')
    return { kind: 'retry', reason: 'overloaded', backoffMs: 15_000 };
  if ((status !== null && status >= 500) || error === 'server_error')
    return { kind: 'retry', reason: status === null ? 'network' : 'server_error', backoffMs: 5_000 };
  if (status === 401 || status === 403 || error === 'authentication_failed' || text.includes('Not logged in'))
    return fail('auth');
  if (error === 'billing_error' || /credit balance is too low/i.test(text)) return fail('billing');
  if (result.terminal_reason === 'prompt_too_long' || /prompt is too long/i.test(text))
    return fail('context');
  if (status === 404 || error === 'model_not_found') return fail('model');
  return fail('api');
}
