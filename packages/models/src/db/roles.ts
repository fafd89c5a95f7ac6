// Who may do what in the database, one role for each process. The table below is the truth: it is applied
// after the migrations at every start, and a test asks Postgres itself.
import { own } from '../flow/look.ts';
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';

/** Owns the schema and logs in for migrations only; no process that runs has its password. */
export const OWNER_ROLE = 'mainloop_owner';
export const PROCESS_ROLES = ['mainloop_api', 'mainloop_worker', 'mainloop_gateway', 'mainloop_web'] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];
export type RolePasswords = Readonly<Record<typeof OWNER_ROLE | ProcessRole, string>>;

/** S select, I insert, U update, D delete. A list of columns narrows an update to them. */
interface Right {
  readonly may: string;
  readonly columns?: readonly string[];
}
const may = (letters: string, columns?: readonly string[]): Right => ({
  may: letters,
  ...(columns ? { columns } : {}),
});

/**
 * What news of an agent changes about its task: never what the person decided (title, prompt, model, budget,
 * branch).
 */
const GATEWAY_TASK = [
  'status_line',
  'waiting_for',
  'active_run_id',
  'turns',
  'head_sha',
  'ci',
  'cost_microusd',
  'phase',
  'failure',
  'updated_at',
] as const;
/** What news of an agent changes about a rule: how often it came up, was given and was named; never its words. */
const COUNTED_RULE = [
  'times',
  'state',
  'updated_at',
  'given',
  'cited',
  'last_given',
  'last_cited',
  'said_in',
  'comments',
] as const;
const everyAuthTable = (right: Right): Record<string, Right> =>
  Object.fromEntries(
    ['users', 'sessions', 'accounts', 'verifications', 'passkeys', 'rate_limits'].map((table) => [
      `auth_${table}`,
      right,
    ]),
  );

/** A table that is not named here is closed to all of them. */
export const RIGHTS: Readonly<Record<ProcessRole, Readonly<Record<string, Right>>>> = {
  mainloop_api: {
    events: may('SI'),
    outbox: may('SI'),
    projects: may('SIU'),
    messages: may('SID'),
    message_vectors: may('S'),
    summaries: may('SIUD'),
    summary_answers: may('SD'),
    pins: may('SIUD'),
    turns: may('SIU'),
    proposals: may('SIU'),
    tasks: may('SIU'),
    inbox_items: may('SIU'),
    review_comments: may('SIUD'),
    learnings: may('SIU'),
    cost_days: may('S'),
    collisions: may('S'),
    cycles: may('S'),
    pauses: may('SID'),
    skills: may('SIUD'),
    drafts: may('SIUD'),
    recurring: may('SIUD'),
    recurring_times: may('SD'),
    automations: may('SIUD'),
    automation_firings: may('SD'),
    automation_files: may('SU', ['automation_id', 'approved']),
    runs: may('S'),
    run_output: may('S'),
    run_commands: may('SI'),
    pushes: may('S'),
    settings: may('SIU'),
    attachments: may('SI'),
    webhook_deliveries: may('SI'),
    push_devices: may('SIUD'),
    api_tokens: may('SIUD'),
    vapid_keys: may('SI'),
    ...everyAuthTable(may('SIUD')),
  },
  mainloop_worker: {
    events: may('SI'),
    outbox: may('SIU'),
    projects: may('SIU'),
    messages: may('SI'),
    summaries: may('SIU'),
    message_vectors: may('SI'),
    summary_answers: may('SIUD'),
    proposals: may('SIU'),
    tasks: may('SIU'),
    inbox_items: may('SIU'),
    review_comments: may('SIU'),
    learnings: may('SIU', [...COUNTED_RULE, 'campfire', 'files', 'near_to']),
    cost_days: may('S'),
    pauses: may('S'),
    cycles: may('SIUD'),
    skills: may('S'),
    recurring: may('SU'),
    recurring_times: may('SIU'),
    automations: may('SU', ['paused', 'problem', 'updated_at']),
    automation_firings: may('SIU'),
    automation_files: may('SIUD'),
    automation_memories: may('SIUD'),
    runs: may('SIU'),
    run_output: may('S'),
    run_commands: may('SIU'),
    checkpoints: may('SD'),
    pushes: may('SI'),
    attachments: may('SD'),
    forge_effects: may('SIU'),
    settings: may('SIU'),
    push_devices: may('SUD'),
    push_notices: may('SIU'),
    vapid_keys: may('SI'),
  },
  mainloop_gateway: {
    events: may('SI'),
    outbox: may('I'),
    projects: may('S'),
    tasks: may('SU', GATEWAY_TASK),
    inbox_items: may('SIU', ['state', 'answered_at']),
    review_comments: may('SIU', ['answer', 'answered_at']),
    learnings: may('SIU', COUNTED_RULE),
    cost_days: may('SIU'),
    pauses: may('S'),
    runs: may('SU'),
    run_output: may('SI'),
    run_commands: may('SIU', ['delivered_at']),
    checkpoints: may('SIU'),
    pushes: may('SI'),
    settings: may('S'),
    attachments: may('SI'),
    model_calls: may('SIUD'),
    collisions: may('SIUD'),
  },
  mainloop_web: Object.fromEntries(
    [
      'events',
      'projects',
      'messages',
      'summaries',
      'pins',
      'turns',
      'proposals',
      'tasks',
      'inbox_items',
      'review_comments',
      'learnings',
      'cost_days',
      'pauses',
      'collisions',
      'cycles',
      'skills',
      'recurring',
      'recurring_times',
      'automations',
      'automation_firings',
      'automation_files',
      'runs',
      'pushes',
      'settings',
    ].map((t) => [t, may('S')]),
  ),
};

/**
 * Functions of ours that a role may call; nobody may call another one, and PUBLIC none. Whoever writes a message
 * calls `words_of` through its index. A trigger needs no right to be called.
 */
export const FUNCTIONS: Readonly<Record<ProcessRole, readonly string[]>> = {
  mainloop_api: ['forget_words', 'words_of'],
  mainloop_worker: ['words_of'],
  mainloop_gateway: ['reserve_model_call'],
  mainloop_web: [],
};

const PRIVILEGE = { S: 'SELECT', I: 'INSERT', U: 'UPDATE', D: 'DELETE' } as const;

/**
 * Every privilege a role should hold, as Postgres names it: `tasks SELECT`, `tasks.phase UPDATE`,
 * `events_seq_seq USAGE`.
 * @param serials the sequence behind a table's key
 */
export function wantedRights(role: ProcessRole, serials: Readonly<Record<string, string>>): Set<string> {
  const out = new Set<string>();
  for (const [table, right] of Object.entries(RIGHTS[role]))
    for (const letter of right.may as Iterable<keyof typeof PRIVILEGE>) {
      if (letter === 'U' && right.columns)
        for (const column of right.columns) out.add(`${table}.${column} UPDATE`);
      else out.add(`${table} ${PRIVILEGE[letter]}`);
      const serial = own(serials, table);
      if (letter === 'I' && serial !== undefined) out.add(`${serial} USAGE`);
    }
  return out;
}

/**
 * Every privilege the process roles hold on what is in the schema `public`, and which sequence counts for
 * which table.
 * @returns `held` by role, in the words of `wantedRights`; `serials` by table
 */
export async function heldRights(
  query: Pick<pg.ClientBase, 'query'>,
): Promise<{ held: Map<string, Set<string>>; serials: Record<string, string> }> {
  const result = await query.query<{ role: string; what: string }>(
    `select g.rolname as role, c.relname || ' ' || a.privilege_type as what
       from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a join pg_roles g on g.oid = a.grantee
      where n.nspname = 'public' and g.rolname = any($1)
     union all
     select g.rolname, c.relname || '.' || t.attname || ' ' || a.privilege_type
       from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace, aclexplode(t.attacl) a
       join pg_roles g on g.oid = a.grantee
      where n.nspname = 'public' and g.rolname = any($1)`,
    [PROCESS_ROLES],
  );
  const held = new Map<string, Set<string>>();
  for (const row of result.rows) held.set(row.role, (held.get(row.role) ?? new Set()).add(row.what));
  const sequences = await query.query<{ seq: string; tab: string }>(
    `select s.relname as seq, t.relname as tab from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
       join pg_class t on t.oid = d.refobjid join pg_namespace n on n.oid = s.relnamespace where n.nspname = 'public' and d.deptype = 'a'`,
  );
  return { held, serials: Object.fromEntries(sequences.rows.map((x) => [x.tab, x.seq])) };
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** `tasks.phase UPDATE` as the words between GRANT and TO. */
function words(what: string): string {
  const [thing, privilege] = what.split(' ') as [string, string];
  const [table, column] = thing.split('.') as [string, string | undefined];
  if (privilege === 'USAGE') return `usage on sequence ${quoted(table)}`;
  return `${privilege.toLowerCase()}${column === undefined ? '' : ` (${quoted(column)})`} on ${quoted(table)}`;
}

/**
 * Gives every process role that exists what the table says and takes the rest away. On a server of somebody
 * else's that has none of the roles, or lets us change nothing, it does nothing.
 * @param client connected as the owner of the tables
 */
export async function applyRights(client: pg.ClientBase): Promise<void> {
  const there = await client.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any($1)',
    [PROCESS_ROLES],
  );
  if (there.rows.length === 0) return;
  await client.query('begin');
  try {
    const { held, serials } = await heldRights(client);
    for (const { rolname: role } of there.rows) {
      const wanted = wantedRights(role as ProcessRole, serials);
      const has = held.get(role) ?? new Set<string>();
      for (const right of has)
        if (!wanted.has(right)) await client.query(`revoke ${words(right)} from ${role}`);
      for (const right of wanted) if (!has.has(right)) await client.query(`grant ${words(right)} to ${role}`);
      await client.query(`grant usage on schema public to ${role}`);
      // An older version let the page read every table that is ever made.
      await client.query(`alter default privileges in schema public revoke all on tables from ${role}`);
    }
    await applyCallers(
      client,
      there.rows.map((found) => found.rolname as ProcessRole),
    );
    await client.query('commit');
  } catch (err) {
    await client.query('rollback');
    // 42501: a server that lets us change no rights. Doctor says what that means.
    if ((err as { code?: string }).code !== '42501') throw err;
  }
}

/** Lets each of our functions be called by those roles that FUNCTIONS names, and by nobody else but its owner. */
async function applyCallers(client: pg.ClientBase, roles: readonly ProcessRole[]): Promise<void> {
  const found = await client.query<{ name: string; signature: string; callers: string[] }>(
    `select p.proname as name, p.oid::regprocedure::text as signature, array(
         select case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
           from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
          where a.privilege_type = 'EXECUTE' and a.grantee <> p.proowner) as callers
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'public' and pg_get_userbyid(p.proowner) = current_user and not exists (
        select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`,
  );
  for (const { name, signature, callers } of found.rows) {
    const wanted: readonly string[] = roles.filter((role) => FUNCTIONS[role].includes(name));
    for (const caller of callers)
      if (!wanted.includes(caller))
        await client.query(`revoke execute on function ${signature} from ${caller}`);
    for (const role of wanted)
      if (!callers.includes(role)) await client.query(`grant execute on function ${signature} to ${role}`);
  }
}

/**
 * What Postgres keeps of a password (RFC 5803), so that the password itself is in no statement and no log.
 * @param password ASCII; ours are random
 */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}

/**
 * Makes a server of our own ready for the owner and the processes: their roles with fresh passwords and no
 * powers, and everything that an older version made as the superuser handed to the owner. Nothing is lost;
 * doing it again changes nothing.
 * @param url the superuser's, at the database that holds (or will hold) our tables
 */
export async function prepareRoles(url: string, passwords: RolePasswords): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('begin');
    const known = new Set(
      (await client.query<{ rolname: string }>('select rolname from pg_roles')).rows.map((r) => r.rolname),
    );
    const { db } = (await client.query<{ db: string }>('select current_database() as db')).rows[0]!;
    for (const role of [OWNER_ROLE, ...PROCESS_ROLES] as const) {
      if (!known.has(role)) await client.query(`create role ${role}`);
      await client.query(
        `alter role ${role} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls inherit password '${scramVerifier(passwords[role])}'`,
      );
      // Whatever role somebody had made it a member of.
      const groups = await client.query<{ name: string }>(
        'select g.rolname as name from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member where r.rolname = $1',
        [role],
      );
      for (const group of groups.rows) await client.query(`revoke ${quoted(group.name)} from ${role}`);
    }
    await client.query(`revoke all on database ${quoted(db)} from public`);
    await client.query(`grant connect on database ${quoted(db)} to ${PROCESS_ROLES.join(', ')}`);
    await client.query(`grant connect, create on database ${quoted(db)} to ${OWNER_ROLE}`);
    await client.query(`alter schema public owner to ${OWNER_ROLE}`);
    await client.query('revoke create on schema public from public');
    const mine = await client.query<{ kind: string; name: string }>(
      `select 'table' as kind, quote_ident(c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
        where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm') and o.rolname <> $1
       union all
       select 'function', p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner
        where n.nspname = 'public' and o.rolname <> $1`,
      [OWNER_ROLE],
    );
    for (const owned of mine.rows)
      await client.query(`alter ${owned.kind} ${owned.name} owner to ${OWNER_ROLE}`);
    await client.query(
      `alter default privileges in schema public revoke all on tables from ${PROCESS_ROLES.join(', ')}`,
    );
    await client.query('commit');
  } finally {
    await client.end();
  }
}
