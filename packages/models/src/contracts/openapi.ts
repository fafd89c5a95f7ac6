// The api as an OpenAPI document (https://spec.openapis.org/oas/v3.1.1), printed from the table of routes.
import { z } from 'zod';
import { own } from '../flow/look.ts';
import { REFUSALS, type RefusalCode } from '../flow/refusals.ts';
import { Problem } from './errors.ts';
import { Id } from './fields.ts';
import { Delta, OutputHint } from './live.ts';
import { COMMON_REFUSALS, ROUTES, type Route } from './routes.ts';

type Json = Record<string, unknown>;

const TOPICS: Readonly<Record<Route['topic'], string>> = {
  chat: 'The one thread, its files, and the proposals that come of it',
  work: 'What waits for you, tasks and what their agents print',
  review: 'Comments on the change of a task',
  projects: 'Repositories, and what is set',
  devices: 'Who is signed in',
  push: 'Which devices are told what needs you',
  stream: 'What happens, as it happens',
  webhooks: 'Hints of the forge',
  learnings: 'What agents learned, and what of it counts',
  health: 'Whether all is well',
};

/** Each by itself is enough; none is asked for where nobody signs in. */
const SIGN_INS: Record<string, string[]>[] = [{}, { session: [] }, { token: [] }];

/** @returns the whole document, ready to be written as JSON */
export function openApi() {
  const named: [string, Route][] = Object.entries(ROUTES);
  // All of them at once, so that what several have is written once.
  const parts = z.object({
    ...Object.fromEntries(
      named.flatMap(([name, route]) => [
        ...(route.body ? [[`${name}.body`, route.body]] : []),
        ...(route.gives ? [] : [[name, route.answer]]),
      ]),
    ),
    Problem,
    Delta,
    OutputHint,
    Id,
  });
  const printed = z.toJSONSchema(parts, {
    io: 'input',
    override: ({ jsonSchema }) => readable(jsonSchema as Json),
  }) as {
    properties: Record<string, Json>;
    $defs: Record<string, Json>;
  };
  const { properties, $defs } = JSON.parse(
    JSON.stringify(printed).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as typeof printed;
  const paths = new Map<string, Json>();
  for (const [name, route] of named)
    paths.set(route.path, {
      ...paths.get(route.path),
      [route.method.toLowerCase()]: operation(name, route, properties),
    });
  return {
    openapi: '3.1.1',
    info: {
      title: 'mainloop',
      version: '1',
      summary: 'One conversation that manages all of your AI coding work',
      description:
        'Signing in itself is under /api/auth and is that of better-auth. Fields may be added to answers: pass over those you do not know.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TOPICS).map(([name, description]) => ({ name, description })),
    security: SIGN_INS,
    paths: Object.fromEntries(paths),
    components: {
      schemas: Object.fromEntries(Object.entries($defs).map(([id, schema]) => [id, without(schema, 'id')])),
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Secure-mainloop.session_token',
          description: 'Of a device that is signed in',
        },
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'MAINLOOP_API_TOKEN, what the command line shows',
        },
      },
    },
  };
}

function operation(name: string, route: Route, schemas: Record<string, Json>): Json {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, param]) => ({
    name: param,
    in: 'path',
    required: true,
    schema: schemas.Id,
  }));
  const query =
    route.query === undefined
      ? { properties: {} }
      : (z.toJSONSchema(route.query, {
          io: 'input',
          override: ({ jsonSchema }) => readable(jsonSchema as Json),
        }) as Json);
  const inQuery = Object.entries(query.properties as Record<string, Json>).map(([param, schema]) => ({
    name: param,
    in: 'query',
    required: false,
    description: schema.description,
    schema: without(schema, 'description'),
  }));
  return {
    operationId: name,
    tags: [route.topic],
    summary: route.summary,
    ...(inPath.length + inQuery.length === 0 ? {} : { parameters: [...inPath, ...inQuery] }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [route.sends ?? 'application/json']: { schema: own(schemas, `${name}.body`) } },
          },
        }),
    responses: {
      [route.status]: {
        description: 'Done',
        content: {
          [route.gives ?? 'application/json']: { schema: own(schemas, name) ?? { type: 'string' } },
        },
      },
      ...refusals([...route.refusals, ...COMMON_REFUSALS]),
    },
  };
}

/** An answer for each status that refuses, with the codes it may carry. */
function refusals(codes: readonly RefusalCode[]): Json {
  const by = Map.groupBy(codes, (code) => REFUSALS[code].status);
  return Object.fromEntries(
    [...by].map(([status, some]) => [
      status,
      {
        description: some.map((c) => `\`${c}\``).join(', '),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

/** Leaves out what says nothing to a reader: how zod tells a date, and that an integer is a safe one. */
function readable(schema: Json): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

const without = (o: Json, key: string): Json =>
  Object.fromEntries(Object.entries(o).filter(([k]) => k !== key));
