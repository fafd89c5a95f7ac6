// Run once at each start of a machine's own Postgres: roles first, as the superuser, then the migrations, as the owner.
// The supervisor starts it and hands it the passwords; no process that stays has them.
import { z } from 'zod';
import { migrate } from './migrate.ts';
import { OWNER_ROLE, prepareRoles, PROCESS_ROLES, type RolePasswords } from './roles.ts';

const Env = z.object({
  SUPERUSER_DATABASE_URL: z.string().startsWith('postgres'),
  /** JSON: a password for each role. */
  MAINLOOP_ROLE_PASSWORDS: z.string(),
});
const env = Env.parse(process.env);
const Passwords: z.ZodType<RolePasswords> = z.record(
  z.enum([OWNER_ROLE, ...PROCESS_ROLES]),
  z.string().min(16),
);
const passwords = Passwords.parse(JSON.parse(env.MAINLOOP_ROLE_PASSWORDS));
await prepareRoles(env.SUPERUSER_DATABASE_URL, passwords);
const owner = new URL(env.SUPERUSER_DATABASE_URL);
owner.username = OWNER_ROLE;
owner.password = passwords[OWNER_ROLE];
await migrate(owner.href);
