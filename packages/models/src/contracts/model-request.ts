// A request to the model (Anthropic's Messages API), as much of it as Claude Code 2.1.329 and our chat use.
// Everything else is refused by name: what the API grows tomorrow may fetch, store or run something where no
// rule of the sandbox holds. Shapes: https://platform.claude.com/docs/en/api/messages and what Claude Code
// was seen to send. The bodies it sent are looked at again with every new version (docs/development.md).
import { own } from '../flow/look.ts';
import { z } from 'zod';

const CacheControl = z
  .strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
  .nullish();
/** Answers carry an empty one, which our chat sends back; a citation itself would name a source. */
const NoCitations = z.union([z.null(), z.tuple([])]).optional();
const Asked = z.strictObject({ enabled: z.boolean() }).nullish();
const Name = z.string().min(1).max(256);
/** What a tool takes or a person's own schema says: data to the API, which follows nothing in it. */
const AnyJson = z.record(z.string(), z.unknown());

const Text = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  cache_control: CacheControl,
  citations: NoCitations,
});
/**
 * Bytes that stand in the request. Never a URL or a file id: the provider would fetch it, also where egress
 * is "none".
 */
const Image = z.strictObject({
  type: z.literal('image'),
  source: z.strictObject({
    type: z.literal('base64'),
    media_type: z.enum(['image/png', 'image/jpeg', 'image/gif', 'image/webp']),
    data: z.string(),
  }),
  cache_control: CacheControl,
});
const TextOrImage = z.discriminatedUnion('type', [Text, Image]);
const Document = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: z.string() }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
    z.strictObject({ type: z.literal('content'), content: z.union([z.string(), z.array(TextOrImage)]) }),
  ]),
  title: z.string().nullish(),
  context: z.string().nullish(),
  citations: Asked,
  cache_control: CacheControl,
});
/** `source` is a label here, which nothing follows. */
const SearchResult = z.strictObject({
  type: z.literal('search_result'),
  source: z.string(),
  title: z.string(),
  content: z.array(Text),
  citations: Asked,
  cache_control: CacheControl,
});
const ToolReference = z.strictObject({
  type: z.literal('tool_reference'),
  tool_name: Name,
  cache_control: CacheControl,
});
const ToolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: Name,
  content: z
    .union([
      z.string(),
      z.array(z.discriminatedUnion('type', [Text, Image, Document, SearchResult, ToolReference])),
    ])
    .nullish(),
  is_error: z.boolean().nullish(),
  cache_control: CacheControl,
});
const ToolUse = z.strictObject({
  type: z.literal('tool_use'),
  id: Name,
  name: Name,
  input: AnyJson,
  caller: z.strictObject({ type: z.literal('direct') }).nullish(),
  cache_control: CacheControl,
});
const Thinking = z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() });
const RedactedThinking = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() });

const CustomTool = z.strictObject({
  type: z.literal('custom').nullish(),
  name: Name,
  description: z.string().optional(),
  input_schema: AnyJson,
  input_examples: z.array(AnyJson).optional(),
  allowed_callers: z.array(z.literal('direct')).optional(),
  defer_loading: z.boolean().optional(),
  eager_input_streaming: z.boolean().nullish(),
  strict: z.boolean().optional(),
  cache_control: CacheControl,
});
/**
 * Tools that the provider describes and the client runs. Those that run at the provider would walk around
 * every rule of the sandbox.
 */
const ClientTool = z.strictObject({
  type: z.enum([
    'bash_20241022',
    'bash_20250124',
    'text_editor_20241022',
    'text_editor_20250124',
    'text_editor_20250429',
    'text_editor_20250728',
    'memory_20250818',
  ]),
  name: Name,
  max_characters: z.int().min(1).nullish(),
  defer_loading: z.boolean().optional(),
  cache_control: CacheControl,
});
const Tool = z.discriminatedUnion('type', [CustomTool, ClientTool]);

const NamedTool = z.strictObject({ type: z.literal('tool_reference'), name: Name });
const ToolAddition = z.strictObject({
  type: z.literal('tool_addition'),
  tool: z.discriminatedUnion('type', [
    NamedTool,
    z.strictObject({ type: z.literal('tool_definition'), definition: Tool }),
  ]),
  cache_control: CacheControl,
});
const ToolRemoval = z.strictObject({
  type: z.literal('tool_removal'),
  tool: NamedTool,
  cache_control: CacheControl,
});

const Block = z.discriminatedUnion('type', [
  Text,
  Image,
  Document,
  SearchResult,
  ToolUse,
  ToolResult,
  Thinking,
  RedactedThinking,
  ToolAddition,
  ToolRemoval,
]);

const JsonFormat = z.strictObject({ type: z.literal('json_schema'), schema: AnyJson }).nullish();
const Effort = z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish();
const OutputConfig = z.strictObject({
  effort: Effort,
  format: JsonFormat,
  task_budget: z
    .strictObject({ type: z.literal('tokens'), total: z.int().min(0), remaining: z.int().min(0).nullish() })
    .nullish(),
});

const Message = z.strictObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(Block)]),
  output_config: z.strictObject({ effort: Effort }).nullish(),
});

const Threshold = z.strictObject({ type: z.enum(['input_tokens', 'tool_uses']), value: z.int().min(0) });
/**
 * Edits that only leave things out. One that summarises at the provider is a second answer, which no budget
 * was reserved for.
 */
const Edit = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('clear_thinking_20251015'),
    keep: z
      .union([
        z.literal('all'),
        z.strictObject({ type: z.enum(['all', 'thinking_turns']), value: z.int().min(0).optional() }),
      ])
      .nullish(),
  }),
  z.strictObject({
    type: z.literal('clear_tool_uses_20250919'),
    trigger: Threshold.nullish(),
    keep: Threshold.nullish(),
    clear_at_least: Threshold.nullish(),
    exclude_tools: z.array(Name).nullish(),
    clear_tool_inputs: z.union([z.boolean(), z.array(Name)]).nullish(),
  }),
]);

/** No model writes so much in one answer; what is asked for is what is reserved. */
export const MOST_OUTPUT_TOKENS = 1_000_000;

const CountRequest = z.strictObject({
  model: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[\w.:@[\]-]+$/),
  messages: z.array(Message),
  system: z.union([z.string(), z.array(Text)]).optional(),
  tools: z.array(Tool).optional(),
  tool_choice: z
    .strictObject({
      type: z.enum(['auto', 'any', 'none', 'tool']),
      name: Name.optional(),
      disable_parallel_tool_use: z.boolean().optional(),
    })
    .optional(),
  thinking: z
    .strictObject({
      type: z.enum(['enabled', 'disabled', 'adaptive']),
      budget_tokens: z.int().min(0).max(MOST_OUTPUT_TOKENS).optional(),
      display: z.enum(['summarized', 'omitted', 'updates']).nullish(),
    })
    .optional(),
  output_config: OutputConfig.optional(),
  output_format: JsonFormat,
  context_management: z.strictObject({ edits: z.array(Edit).optional() }).nullish(),
  // Both may be named as long as they say nothing.
  mcp_servers: z.tuple([]).optional(),
  container: z.null().optional(),
});

/** `POST /v1/messages` */
const ModelRequest = CountRequest.extend({
  max_tokens: z.int().min(0).max(MOST_OUTPUT_TOKENS),
  stream: z.boolean().optional(),
  temperature: z.number().optional(),
  top_p: z.number().optional(),
  top_k: z.number().optional(),
  stop_sequences: z.array(z.string()).optional(),
  metadata: z.strictObject({ user_id: z.string().max(1_000).nullish() }).optional(),
  cache_control: CacheControl,
});
export type ModelRequest = z.infer<typeof ModelRequest>;

type Issue = z.core.$ZodIssue;
const UPDATE = 'Turn off what sends it, or update mainloop.';

/**
 * Of a value that may be one of several things, the complaint about what it most nearly is: the one that got
 * furthest.
 */
function furthest(issue: Issue): { path: PropertyKey[]; issue: Issue } {
  let best = { path: issue.path, issue };
  if (issue.code === 'invalid_union')
    for (const branch of issue.errors)
      for (const inner of branch) {
        const found = furthest(inner);
        const path = [...issue.path, ...found.path];
        if (
          path.length > best.path.length ||
          (path.length === best.path.length && found.issue.code === 'unrecognized_keys')
        )
          best = { path, issue: found.issue };
      }
  return best;
}

/** @param path of keys and indexes, written as a person would find it */
const where = (path: readonly PropertyKey[]): string => path.map(String).join('.').slice(0, 200);

function sentence(first: Issue, body: unknown): string {
  const { path, issue } = furthest(first);
  if (issue.code === 'unrecognized_keys')
    return `mainloop does not know the field ${where([...path, issue.keys[0] ?? ''])} of a model request, so it was not sent. ${UPDATE}`;
  const value = path.reduce<unknown>(
    (v, key) => (typeof v === 'object' && v !== null ? own(v as Record<string, unknown>, key) : undefined),
    body,
  );
  if (path.at(-1) === 'type' && typeof value === 'string')
    return `mainloop does not forward ${where(path)} = ${JSON.stringify(value.slice(0, 100))} in a model request: it is not among what an agent in a sandbox may ask for. ${UPDATE}`;
  return `mainloop did not send this model request: ${where(path) || 'it'} is not what it should be (${issue.message}). ${UPDATE}`;
}

/**
 * Reads a request strictly. @param kind `count` asks only how long it is
 * @returns the request, or one sentence that names what was not understood
 */
export function readModelRequest(
  kind: 'messages' | 'count',
  body: unknown,
):
  | { readonly ok: true; readonly request: Partial<ModelRequest> & { model: string } }
  | { readonly ok: false; readonly why: string } {
  const result = (kind === 'count' ? CountRequest : ModelRequest).safeParse(body);
  return result.success
    ? { ok: true, request: result.data }
    : { ok: false, why: sentence(result.error.issues[0]!, body) };
}

/**
 * What may be asked for by header. A beta only widens what the provider accepts; one that is not here is left
 * out, and what it would have allowed is refused as a field. `context-1m` costs more than the prices we count
 * with.
 */
const BETAS: ReadonlySet<string> = new Set([
  'advanced-tool-use-2025-11-20',
  'claude-code-20250219',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'extended-cache-ttl-2025-04-11',
  'fallback-credit-2026-06-01',
  'fine-grained-tool-streaming-2025-05-14',
  'interleaved-thinking-2025-05-14',
  'mid-conversation-system-2026-04-07',
  'mid-conversation-tool-changes-2026-07-01',
  'oauth-2025-04-20',
  'per-turn-control-2026-07-01',
  'redact-thinking-2026-02-12',
  'structured-outputs-2025-12-15',
  'task-budgets-2026-03-13',
  'thinking-display-updates-2026-08-18',
  'thinking-token-count-2026-05-13',
  'token-counting-2024-11-01',
]);

/** @returns the header as it may be forwarded; empty when nothing is left */
export const allowedBetas = (header: string): string =>
  [
    ...new Set(
      header
        .split(',')
        .map((b) => b.trim())
        .filter((b) => BETAS.has(b)),
    ),
  ].join(',');
