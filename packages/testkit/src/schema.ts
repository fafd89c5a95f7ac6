// Prisma's own engine, for tests alone: what an empty database becomes by schema.prisma, and databases as
// older versions made them. It is the WebAssembly build, because Prisma's CLI wants to download a native one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type pg from 'pg';

const PRISMA_DIR = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../models/prisma');
const NO_FILTERS = { externalTables: [], externalEnums: [] };

/** The SQL that makes an empty database what schema.prisma says: to hold against what the migrations make of one. */
export const schemaSql = (url: string): Promise<string> =>
  withEngine(url, async (engine) => {
    const files = [
      { path: 'schema.prisma', content: readFileSync(path.join(PRISMA_DIR, 'schema.prisma'), 'utf8') },
    ];
    const to = { tag: 'schemaDatamodel', files };
    const out = await engine.diff({
      from: { tag: 'empty' },
      to,
      script: true,
      exitCode: null,
      shadowDatabaseUrl: null,
      filters: NO_FILTERS,
    });
    return (out as { stdout: string | null }).stdout ?? '';
  });

/**
 * Makes a database as versions before umzug did.
 * @param upTo the name of the last migration that is applied
 * @returns names of those that were
 */
export const migrateAsPrismaDid = (url: string, upTo: string): Promise<string[]> =>
  withEngine(url, async (engine) => {
    const out = await engine.applyMigrations({ migrationsList: migrationsList(upTo), filters: NO_FILTERS });
    return (out as { appliedMigrationNames: string[] }).appliedMigrationNames;
  });

async function withEngine<T>(url: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const factory = new WholeScripts({ connectionString: url });
  try {
    return await work(await openEngine(factory));
  } finally {
    await factory.close();
  }
}

/** The one call we need; Node's types leave WebAssembly to the DOM library. */
interface WasmApi {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, unknown>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
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
  const { instance } = await (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly.instantiate(
    wasm,
    { './schema_engine_bg.js': bg },
  );
  bg.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return bg;
}

async function openEngine(factory: PrismaPg): Promise<Engine> {
  const bg = await (loaded ??= loadEngine());
  const schema = readFileSync(path.join(PRISMA_DIR, 'schema.prisma'), 'utf8');
  return bg.SchemaEngine.new(
    { datamodels: [['schema.prisma', schema]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  );
}

/**
 * The stock adapter splits a script at every `;`, which breaks function bodies. Postgres runs a whole script
 * in one query.
 */
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

function migrationsList(upTo: string): unknown {
  const dir = path.join(PRISMA_DIR, 'migrations');
  const names = readdirSync(dir, { withFileTypes: true })
    .filter((d) => d.isDirectory())
    .map((d) => d.name)
    .filter((name) => name <= upTo)
    .toSorted();
  const lock = path.join(dir, 'migration_lock.toml');
  return {
    baseDir: dir,
    lockfile: { path: 'migration_lock.toml', content: existsSync(lock) ? readFileSync(lock, 'utf8') : null },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(path.join(dir, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}
