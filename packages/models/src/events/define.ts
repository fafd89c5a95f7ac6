// What an event type is made of, and the only way to a new event: `append` takes nothing but what a
// constructor made here.
import type { z } from 'zod';
import { own } from '../flow/look.ts';

/** The process that appends an event. */
export type Writer = 'api' | 'gateway' | 'worker';

/** What an event is about. Whatever is about a task carries its id; `either` has one where there is one. */
export type About = 'task' | 'owner' | 'either';

/** The names in a template like `looked/{taskId}/{pushId}`. */
type NamesIn<Template> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;
/** Names that neither the payload nor the task can fill. */
type GivenNames<Template, Payload> = Exclude<NamesIn<Template>, keyof Payload | 'taskId'>;
/** A payload whose fields that stand in the key are not empty. */
type WithKey<Template, Payload> = Payload & {
  readonly [Name in NamesIn<Template> & keyof Payload]: string | number;
};

type OfWhat<A extends About, Template> = A extends 'task'
  ? { readonly taskId: string }
  : A extends 'owner'
    ? object
    : 'taskId' extends NamesIn<Template>
      ? { readonly taskId: string }
      : { readonly taskId?: string | null };

/** What a constructor takes. `key`: what stands in the dedupe key and is neither the task nor in the payload. */
type Arguments<A extends About, Payload, Template> = OfWhat<A, Template> & {
  readonly actor: string;
  readonly payload: WithKey<Template, Payload>;
} & ([GivenNames<Template, Payload>] extends [never]
    ? object
    : { readonly key: { readonly [Name in GivenNames<Template, Payload>]: string | number } });

/** A new event. The class is not exported, so that nothing but a constructor makes one. */
class Made<Type extends string, Payload> {
  // Two classes with the same fields are one type to the compiler, unless one of the fields is private.
  declare private readonly madeHere: true;
  readonly type: Type;
  readonly version: number;
  readonly taskId: string | null;
  readonly actor: string;
  readonly payload: Payload;
  readonly dedupeKey: string | null;

  constructor(
    type: Type,
    version: number,
    about: { taskId: string | null; actor: string; dedupeKey: string | null },
    payload: Payload,
  ) {
    this.type = type;
    this.version = version;
    this.taskId = about.taskId;
    this.actor = about.actor;
    this.payload = payload;
    this.dedupeKey = about.dedupeKey;
  }
}
export type { Made };

/** Brings the payload of one version to the next. It takes what lies in an old row, which nothing has checked. */
export type Upcast = (payload: unknown) => unknown;

interface Description<
  Type extends string,
  Payload extends z.ZodType,
  A extends About,
  Keys extends Readonly<Record<string, string | null>>,
> {
  readonly type: Type;
  /** 1 for the first; one more with each change that an old payload does not fit. */
  readonly version: number;
  /** `upcasts[0]` makes version 2 of version 1, and so on: one fewer than there are versions. */
  readonly upcasts?: readonly Upcast[];
  /** One sentence for docs/events.md. */
  readonly says: string;
  readonly about: A;
  readonly writtenBy: readonly Writer[];
  readonly payload: Payload;
  /**
   * A constructor for each key, by its name. An event whose key is in the log already is not appended again;
   * null: each call is an event of its own.
   */
  readonly keys: Keys;
}

type Constructors<
  Type extends string,
  Payload extends z.ZodType,
  A extends About,
  Keys extends Readonly<Record<string, string | null>>,
> = {
  readonly [Name in keyof Keys]: (
    about: Arguments<A, z.output<Payload>, Keys[Name]>,
  ) => Made<Type, z.output<Payload>>;
};

/** What is known of an event type wherever its fields do not matter. */
export interface EventDefinition extends Omit<
  Description<string, z.ZodType, About, Readonly<Record<string, string | null>>>,
  'upcasts'
> {
  readonly upcasts: readonly Upcast[];
}

/**
 * Fills the names of a template.
 * @throws Error when one has no value, which the types of a constructor leave no way to
 */
function keyWriter(type: string, template: string): (values: Readonly<Record<string, unknown>>) => string {
  // Names stand at the odd places.
  const parts = template.split(/[{}]/);
  return (values) =>
    parts
      .map((part, at) => {
        if (at % 2 === 0) return part;
        const value = own(values, part);
        if (typeof value !== 'string' && typeof value !== 'number')
          throw new Error(`${type} has no ${part} for its key ${template}`);
        return String(value);
      })
      .join('');
}

/**
 * Defines an event type.
 * @returns its description and, under the name of each key, the constructor that makes a new event with it:
 * `planWritten.new({ ... })`
 * @throws Error when there is no upcast for each older version
 */
export function defineEvent<
  const Type extends string,
  Payload extends z.ZodType<object>,
  const A extends About,
  const Keys extends Readonly<Record<string, string | null>>,
>(
  description: Description<Type, Payload, A, Keys>,
): Description<Type, Payload, A, Keys> & { readonly upcasts: readonly Upcast[] } & Constructors<
    Type,
    Payload,
    A,
    Keys
  > {
  const { type, version, upcasts = [], keys } = description;
  if (upcasts.length !== version - 1)
    throw new Error(`${type} is at version ${version} and has ${upcasts.length} upcasts`);
  const constructor = (template: string | null) => {
    const keyOf = template === null ? null : keyWriter(type, template);
    return (a: {
      taskId?: string | null;
      actor: string;
      payload: z.output<Payload>;
      key?: object;
    }): Made<Type, z.output<Payload>> => {
      const taskId = a.taskId ?? null;
      const dedupeKey = keyOf === null ? null : keyOf({ taskId, ...a.payload, ...a.key });
      return new Made(type, version, { taskId, actor: a.actor, dedupeKey }, a.payload);
    };
  };
  const constructors: object = Object.fromEntries(
    Object.entries(keys).map(([name, template]) => [name, constructor(template)]),
  );
  return { ...(constructors as Constructors<Type, Payload, A, Keys>), ...description, upcasts };
}
