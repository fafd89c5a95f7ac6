// mainloop as an MCP server: tools over the api's routes, what can be read as resources, skills as prompts.
// Serves the revision of 2026-07-28 and the one before from the same table.
import type { Call } from '@mainloop/models/contracts/client';
import type { Answer } from '@mainloop/models/contracts/routes';
import { REFUSALS } from '@mainloop/models/flow/refusals';
import { fillSkill } from '@mainloop/models/flow/conversation/skills';
import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
  type CallToolResult,
  type InputRequiredResult,
  type ServerContext,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Changed } from './changes.ts';
import { TOOLS, type Tool } from './tools.ts';
import { sayWrong } from './wrong.ts';

const INSTRUCTIONS =
  'mainloop carries coding tasks from a plan to a merged pull request. Look at list_inbox and list_tasks first. propose_task gives a card at once and starts nothing. Whatever starts work, spends money or decides for the person asks the person first.';

const said = (text: string, isError = false): CallToolResult => ({
  content: [{ type: 'text', text }],
  isError,
});

/** What the api gave, as JSON; a list is a field, because a structured answer is an object. */
function resultOf(answer: unknown): CallToolResult {
  const structured = (Array.isArray(answer) ? { list: answer } : answer) as Record<string, unknown>;
  return { ...said(JSON.stringify(structured, null, 1)), structuredContent: structured };
}

const Capabilities = z.object({ elicitation: z.unknown().optional() });

/** Whether whoever called can ask its person. */
function canAsk(server: McpServer, context: ServerContext): boolean {
  const envelope: Readonly<Record<string, unknown>> = context.mcpReq.envelope ?? {};
  const own = Capabilities.safeParse(envelope[CLIENT_CAPABILITIES_META_KEY]);
  const capabilities = own.success ? own.data : server.server.getClientCapabilities();
  return capabilities?.elicitation !== undefined;
}

/**
 * Runs a tool; what acts does so after the person said yes to the very thing that is done.
 * @param address of the page, where a person whose client can't ask may decide
 */
async function act(
  server: McpServer,
  made: Tool,
  input: Record<string, unknown>,
  context: ServerContext,
  { call, address }: Options,
): Promise<CallToolResult | InputRequiredResult> {
  try {
    if (made.ask === undefined) return resultOf(await made.run(input, call, undefined));
    const answer = inputResponse(context.mcpReq.inputResponses, 'yes');
    if (answer.kind === 'missing') {
      const { message, about } = await made.ask(input, call);
      if (!canAsk(server, context))
        return said(
          `Nothing was done: this needs the person's own yes, and this client can't ask them. They can decide on ${address}.`,
          true,
        );
      return inputRequired({
        inputRequests: { yes: inputRequired.elicit({ message, requestedSchema: z.object({}) }) },
        // Not signed: it says which card was shown, and another card's would be refused by the api.
        ...(about === undefined ? {} : { requestState: about }),
      });
    }
    if (answer.kind !== 'elicit' || answer.action !== 'accept')
      return said('Nothing was done: the person did not say yes.');
    return resultOf(await made.run(input, call, context.mcpReq.requestState<string>()));
  } catch (error) {
    return said((error as Error).message, true);
  }
}

/**
 * A schema that is shown as it is and takes whatever comes: the words of the library about what is wrong are for
 * whoever wrote the schema.
 */
function unread(schema: z.ZodObject): StandardSchemaWithJSON<unknown> {
  const standard = schema['~standard'];
  return { '~standard': { ...standard, validate: (value) => ({ value }) } };
}

export interface Options {
  /** How the api is asked, with the rights of whoever asks. */
  readonly call: Call;
  /** Where the person finds the page. */
  readonly address: string;
  /**
   * How this connection hears what changed, as long as it is open; `elsewhere`: whoever serves many at once
   * tells them. Left out: it can't be told.
   */
  readonly changes?: 'elsewhere' | ((take: (changed: Changed) => void) => () => void);
}

/**
 * One server, for one connection or one request.
 * @throws Error with one sentence when the api does not answer
 */
export async function mcpServer(options: Options): Promise<McpServer> {
  const { call } = options;
  const skills = await call('listSkills');
  const server = new McpServer(
    { name: 'mainloop', title: 'mainloop', version: '1.0.0' },
    {
      instructions: INSTRUCTIONS,
      capabilities: {
        tools: {},
        resources: options.changes === undefined ? {} : { subscribe: true, listChanged: true },
        prompts: {},
      },
    },
  );
  for (const [name, made] of Object.entries(TOOLS))
    server.registerTool(
      name,
      {
        title: made.title,
        description: made.description,
        inputSchema: unread(made.input),
        annotations: {
          readOnlyHint: made.kind === 'reads',
          destructiveHint: made.kind === 'acts',
          openWorldHint: false,
        },
      },
      (given: unknown, context: ServerContext) => {
        const input = made.input.safeParse(given, { reportInput: true });
        return input.success
          ? act(server, made, input.data, context, options)
          : said(sayWrong(name, made.input, input.error.issues[0]!), true);
      },
    );
  readable(server, call);
  if (typeof options.changes === 'function') tellChanges(server, options.changes);
  for (const skill of skills) prompt(server, skill);
  return server;
}

/** So many may be subscribed to by one client. */
const MAX_SUBSCRIBED = 1_000;

/**
 * Says what changed. A client of 2026-07-28 said what it wants to hear by `subscriptions/listen`, which is kept where
 * the connection is served; one of the revision before subscribes here.
 */
function tellChanges(server: McpServer, changes: (take: (changed: Changed) => void) => () => void): void {
  const subscribed = new Set<string>();
  server.server.setRequestHandler('resources/subscribe', ({ params }) => {
    if (!params.uri.startsWith('mainloop://'))
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such resource.');
    if (subscribed.size >= MAX_SUBSCRIBED)
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `At most ${MAX_SUBSCRIBED} can be subscribed to.`,
      );
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
  const isModern = (): boolean => server.server.getClientCapabilities() === undefined;
  const stop = changes(({ uris, isListed }) => {
    // The client may have left in this very moment.
    const quiet = (): void => undefined;
    for (const uri of uris)
      if (isModern() || subscribed.has(uri)) server.server.sendResourceUpdated({ uri }).catch(quiet);
    if (isListed) server.server.sendResourceListChanged().catch(quiet);
  });
  server.server.onclose = stop;
}

const JSON_TEXT = { mimeType: 'application/json' } as const;
const page = (uri: string, answer: unknown) => ({
  contents: [{ uri, ...JSON_TEXT, text: JSON.stringify(answer, null, 1) }],
});

function readable(server: McpServer, call: Call): void {
  server.registerResource(
    'inbox',
    'mainloop://inbox',
    { title: 'Inbox', description: 'What waits for the person', ...JSON_TEXT },
    async () => page('mainloop://inbox', await call('listInbox')),
  );
  server.registerResource(
    'tasks',
    'mainloop://tasks',
    { title: 'Tasks', description: 'Open ones first, the newest 200', ...JSON_TEXT },
    async () => page('mainloop://tasks', await call('listTasks')),
  );
  server.registerResource(
    'learnings',
    'mainloop://learnings',
    { title: 'What agents know', description: 'Rules from earlier work', ...JSON_TEXT },
    async () => page('mainloop://learnings', await call('listLearnings')),
  );
  const taskAt = async (uri: URL, id: string): Promise<Answer<'getTask'>> => {
    try {
      return await call('getTask', { id });
    } catch (error) {
      throw (error as Error).message === REFUSALS.no_task.says ? new ResourceNotFoundError(uri.href) : error;
    }
  };
  server.registerResource(
    'task',
    new ResourceTemplate('mainloop://tasks/{id}', {
      list: async () => ({
        resources: (await call('listTasks')).map(({ id, title }) => ({
          uri: `mainloop://tasks/${id}`,
          name: title,
          ...JSON_TEXT,
        })),
      }),
    }),
    { title: 'A task', ...JSON_TEXT },
    async (uri, { id }) => page(uri.href, await taskAt(uri, String(id))),
  );
  server.registerResource(
    'events',
    new ResourceTemplate('mainloop://tasks/{id}/events', { list: undefined }),
    { title: 'The story of a task', ...JSON_TEXT },
    async (uri, { id }) => {
      await taskAt(uri, String(id));
      return page(uri.href, await call('listEvents', { id: String(id) }));
    },
  );
}

/** A skill as a prompt: filled in here, by the rules it is filled in with everywhere. */
function prompt(server: McpServer, skill: Answer<'listSkills'>[number]): void {
  const fields = skill.parameters.map(({ name, choices, fallback }) => {
    const text = choices === undefined ? z.string() : z.enum(choices as [string, ...string[]]);
    return [name, fallback === undefined ? text : text.optional()] as const;
  });
  server.registerPrompt(
    skill.name,
    { title: `/${skill.name}`, argsSchema: z.object(Object.fromEntries(fields)) },
    (given) => {
      const entries = Object.entries(given).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const filled = fillSkill(skill, Object.fromEntries(entries));
      if (!filled.ok) throw new Error(filled.sentence);
      return { messages: [{ role: 'user', content: { type: 'text', text: filled.prompt } }] };
    },
  );
}
