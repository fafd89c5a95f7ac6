// docs/events.md, made of the definitions. Pure; tools/events.ts writes it and holds the page to it.
import { z } from 'zod';
import type { EventDefinition } from './define.ts';

const HEAD = `# Events

Printed by \`node tools/events.ts --write\` from \`packages/models/src/events/registry.ts\`; change it there.

Everything that happens is a row of the table \`events\`: a type, a payload, who did it, the task it is about where there is one, and a time. Rows are never changed. An event
whose dedupe key is in the log already is not appended again; a type with no key is appended each time. A row says with which version of its type it was written (null: 1), and
is brought up to the newest when it is read.`;

/** As far as the schemas of payloads need it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** @returns the type in a few words, like \`text\`, \`number or null\`, \`list of { label, description? }\` */
function words(schema: Schema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(words).join(' or ');
  if (schema.type === 'array') return `list of ${schema.items ? words(schema.items) : 'anything'}`;
  if (schema.properties) return `{ ${fieldsOf(schema).join(', ')} }`;
  if (schema.type === 'object') return 'anything by name';
  const types = schema.type === undefined ? ['anything'] : [schema.type].flat();
  return types.map((type) => (type === 'string' ? 'text' : type)).join(' or ');
}

/** Names of an object's fields, with its kind where one of them tells it from others. */
const fieldsOf = (schema: Schema): string[] =>
  Object.entries(schema.properties ?? {}).map(([name, field]) => {
    if (field.const !== undefined) return `${name}: \`${String(field.const)}\``;
    return schema.required?.includes(name) ? name : `${name}?`;
  });

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** @returns the part of the page about one type */
function sectionOf(definition: EventDefinition): string {
  const schema = z.toJSONSchema(definition.payload, { io: 'output', unrepresentable: 'any' }) as Schema;
  const keys = Object.values(definition.keys).map((template) =>
    template === null ? 'none' : `\`${template}\``,
  );
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) =>
      `| \`${name}\`${schema.required?.includes(name) ? '' : ', optional'} | ${cell(words(field))} | ${cell(field.description ?? '')} |`,
  );
  const about = { task: 'a task', owner: 'no task', either: 'a task where there is one' }[definition.about];
  return [
    `## ${definition.type}`,
    '',
    `${definition.says} Version ${definition.version}; about ${about}; written by ${definition.writtenBy.join(' and ')}; key ${keys.join(' or ')}.`,
    '',
    '| field | type | what it is |',
    '|---|---|---|',
    ...fields,
  ].join('\n');
}

/** @returns the whole page */
export const pageOf = (definitions: readonly EventDefinition[]): string =>
  `${[HEAD, ...definitions.map(sectionOf)].join('\n\n')}\n`;
