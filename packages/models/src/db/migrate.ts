// Applies the migrations on start, safely with several replicas: one advisory lock of ours around Prisma's own engine.
// The engine is the WebAssembly build, because Prisma's CLI wants to download a native one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { LOCKS } from './locks.ts';
import { applyRights } from './roles.ts';

const PRISMA_DIR = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../prisma');

/**
 * Brings the schema up to date, and the rights of each process's role with it.
 * @param url Postgres URL whose user may create tables
 * @returns names of the migrations that were applied now
 */
export async function migrate(url: string): Promise<string[]> {
  const guard = await connectPatiently(url, 20_000);
  try {
    await guard.query('select pg_advisory_lock($1)', [LOCKS.migrate]);
    const factory = new WholeScripts({ connectionString: url });
    const engine = await openEngine(factory);
    const out = (await engine.applyMigrations({ migrationsList: migrationsList(), filters: { externalTables: [], externalEnums: [] } })) as {
      appliedMigrationNames: string[];
    };
    await factory.close();
    await applyRights(guard);
    return out.appliedMigrationNames;
  } finally {
    await guard.end();
  }
}

/** The SQL that makes an empty database what schema.prisma says: to hold against what the migrations make of one. */
export async function schemaSql(url: string): Promise<string> {
  const factory = new WholeScripts({ connectionString: url });
  try {
    const engine = await openEngine(factory);
    const files = [{ path: 'schema.prisma', content: readFileSync(path.join(PRISMA_DIR, 'schema.prisma'), 'utf8') }];
    const out = (await engine.diff({
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      shadowDatabaseUrl: null,
      filters: { externalTables: [], externalEnums: [] },
    })) as { stdout: string | null };
    return out.stdout ?? '';
  } finally {
    await factory.close();
  }
}

/** The one call we need; Node's types leave WebAssembly to the DOM library. */
interface WasmApi {
  instantiate(bytes: Uint8Array, imports: Record<string, unknown>): Promise<{ instance: { exports: Record<string, unknown> } }>;
}
interface Engine {
  applyMigrations(i: unknown): Promise<unknown>;
  diff(i: unknown): Promise<unknown>;
}
interface EngineModule {
  SchemaEngine: { new: (options: unknown, onLog: () => void, factory: unknown) => Promise<Engine> };
}

let loaded: Promise<EngineModule> | undefined;
/** Once a process: a second instance under the same glue module reads the first one's memory and fails (tried). */
async function loadEngine(): Promise<EngineModule> {
  const bgUrl = import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bg = await import(bgUrl);
  const wasm = readFileSync(new URL('./schema_engine_bg.wasm', bgUrl));
  const { instance } = await (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly.instantiate(wasm, { './schema_engine_bg.js': bg });
  bg.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return bg;
}

async function openEngine(factory: PrismaPg): Promise<Engine> {
  const bg = await (loaded ??= loadEngine());
  const schema = readFileSync(path.join(PRISMA_DIR, 'schema.prisma'), 'utf8');
  return bg.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => undefined, bindMigrationAwareSqlAdapterFactory(factory));
}

/** The stock adapter splits a script at every `;`, which breaks function bodies. Postgres runs a whole script in one query. */
class WholeScripts extends PrismaPg {
  private readonly pools = new Set<pg.Pool>();

  /** The engine leaves its connections open. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.pools].map((p) => p.end()));
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    const client = (adapter as unknown as { client: pg.Pool }).client;
    this.pools.add(client);
    adapter.executeScript = async (script: string) => void (await client.query(script));
    return adapter;
  }
}

function migrationsList(): unknown {
  const dir = path.join(PRISMA_DIR, 'migrations');
  const names = readdirSync(dir, { withFileTypes: true })
    .filter((d) => d.isDirectory())
    .map((d) => d.name)
    .sort();
  const lock = path.join(dir, 'migration_lock.toml');
  return {
    baseDir: dir,
    lockfile: { path: 'migration_lock.toml', content: existsSync(lock) ? readFileSync(lock, 'utf8') : null },
    shadowDbInitScript: '',
    migrationDirectories: names.map((n) => ({
      path: n,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: readFileSync(path.join(dir, n, 'migration.sql'), 'utf8') } },
    })),
  };
}

async function connectPatiently(url: string, forMs: number): Promise<pg.Client> {
  const deadline = Date.now() + forMs;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return client;
    } catch (err) {
      // What is wrong is the error that we have.
      await client.end().catch(() => undefined);
      const code = (err as { code?: string }).code;
      // 57P03: the server is starting up. Everything else (wrong password, no such database) will not mend itself.
      if ((code !== '57P03' && code !== 'ECONNREFUSED') || Date.now() > deadline)
        throw new Error(`Postgres at ${redact(url)} can't be used: ${(err as Error).message}`);
      await new Promise((r) => setTimeout(r, 100));
    }
  }
}

export const redact = (url: string): string => url.replace(/\/\/([^:@/]+):[^@/]+@/, '//$1:***@');
