// `mainloop up`: everything on this machine, in order, until Ctrl-C.
import { existsSync } from 'node:fs';
import net from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { NODE_FLAGS } from '@mainloop/models/contracts/node';
import { closeHome } from './closed.ts';
import { embedderFiles, fetchEmbedder } from './embedder.ts';
import { ensureKit } from './kit.ts';
import { adopt, canConnect, POSTGRES_SOCKET, startPostgres } from './postgres.ts';
import { isAlive } from './pids.ts';
import { baseEnv, services } from './services.ts';
import { DATABASE_ROLES, ROOT, type Settings } from './settings.ts';
import { ensureClosedFolder, socketsOf } from './sockets.ts';
import { endLeftovers, readRunFile, Supervisor, type Service } from './supervisor.ts';
import { OPEN_PORT, ownNetwork, TEMPORAL_SOCKET, temporalCommand } from './temporal.ts';
import { ensureToolchains, findToolchains } from './toolchains.ts';
import { ensureTool } from './wheels.ts';

/**
 * @param say one line of progress
 * @returns the address to open, and how to end it all
 * @throws Error with one sentence that says what to do
 */
export async function up(
  settings: Settings,
  say: (line: string) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const url = `http://localhost:${settings.WEB_PORT}`;
  const before = readRunFile(settings.home);
  if (
    before &&
    before.pid !== 0 &&
    before.pid !== process.pid &&
    before.processes.some(isAlive) &&
    isMainloop(before.pid)
  )
    throw new Error(
      `mainloop already runs with this data folder: ${before.url} (pid ${before.pid}). Another instance needs its own MAINLOOP_HOME and ports.`,
    );
  await foreignPartsAnswer(settings);
  await endLeftovers(settings.home);
  await portsFree(settings);
  closeHome(settings.home);
  const temporalBin = settings.TEMPORAL_ADDRESS ? null : ensureTool('temporal', settings.cache, say);
  const kit = ensureKit(settings.home, {
    bwrap: ensureTool('bwrap', settings.cache, say),
    act: settings.localGitHub ? ensureTool('act', settings.cache, say) : null,
  });
  const tools = { ...kit, toolchains: path.join(settings.home, 'toolchains') };
  ensureToolchains(
    tools.toolchains,
    findToolchains(process.env.PATH ?? '', homedir()),
    process.getuid?.() === 0,
  );
  const embedder = embedderFiles(settings.cache);
  const temporal = temporalBin === null ? null : temporalService(settings, temporalBin, tools.bwrap, say);
  const sup = new Supervisor(settings.home, url);
  try {
    const databaseUrl = settings.DATABASE_URL ?? (await database(settings, sup, say));
    for (const service of services(settings, { ...tools, embedder }, temporal, databaseUrl)) {
      say(`starting ${service.name}`);
      await sup.start(service);
    }
    if (settings.localGitHub) await addDemoProject(settings);
  } catch (err) {
    await sup.stop();
    throw err;
  }
  const stopFetching = fetchEmbedder(settings.cache, say);
  return {
    url,
    stop() {
      stopFetching();
      return sup.stop();
    },
  };
}

/**
 * Made when it is not there. Started as root, Postgres runs under another account and passes through to a
 * folder of its own.
 */
function socketFolder(home: string): string {
  const uid = process.getuid!();
  const dir = socketsOf(home, POSTGRES_SOCKET);
  ensureClosedFolder(dir, uid === 0 ? 0o711 : 0o700, [uid]);
  return dir;
}

/** The embedded Temporal behind its proxy; where the machine has no network for it, on a port, and that is said. */
function temporalService(
  settings: Settings,
  program: string,
  bwrap: string,
  say: (line: string) => void,
): { service: Service; address: string } {
  const network = ownNetwork(bwrap);
  const socket = path.join(socketFolder(settings.home), TEMPORAL_SOCKET);
  if (network === null) say(OPEN_PORT);
  else ensureClosedFolder(path.dirname(socket), 0o700, [process.getuid!()]);
  const database = path.join(settings.home, 'temporal.sqlite');
  const { command, address } = temporalCommand({
    program,
    database,
    port: settings.TEMPORAL_PORT,
    bwrap,
    network,
    socket,
    node: process.execPath,
  });
  const service: Service = {
    name: 'temporal',
    port: network === null ? settings.TEMPORAL_PORT : null,
    env: baseEnv(settings),
    ready: () => canConnect(network === null ? { port: settings.TEMPORAL_PORT } : { path: socket }),
    endsByChild: network !== null,
    command,
  };
  return { service, address };
}

/**
 * The embedded Postgres, with its roles and tables in place.
 * @returns the superuser's URL, which no process is given
 */
async function database(settings: Settings, sup: Supervisor, say: (line: string) => void): Promise<string> {
  say('starting postgres');
  const dir = path.join(settings.home, 'postgres');
  const sockets = socketFolder(settings.home);
  const start = async (): Promise<string> => {
    const postgres = await startPostgres(
      dir,
      sockets,
      settings.secrets.postgresSuperuser,
      sup.logFile('postgres'),
    );
    sup.adopt('postgres', postgres.process, null, 'SIGINT');
    return postgres.url;
  };
  const url = await start();
  // Postgres is nobody's child after an adoption, so it is watched by looking.
  // One start at a time: two servers that find the same stale lock file remove each other's.
  let starting = false;
  const watch = setInterval(() => {
    if (starting || adopt(dir) !== null) return;
    starting = true;
    void start()
      // It is looked for again a moment later, and says in its own log why it did not start.
      .catch(() => undefined)
      .finally(() => {
        starting = false;
      });
  }, 500);
  watch.unref();
  const stop = sup.stop.bind(sup);
  sup.stop = async () => {
    clearInterval(watch);
    await stop();
  };
  await sup.once(
    'prepare',
    [process.execPath, ...NODE_FLAGS, path.join(ROOT, 'packages/models/src/db/prepare-main.ts')],
    {
      PATH: '/usr/bin:/bin',
      SUPERUSER_DATABASE_URL: url,
      MAINLOOP_ROLE_PASSWORDS: JSON.stringify(
        Object.fromEntries(DATABASE_ROLES.map((r) => [r, settings.secrets[r]])),
      ),
    },
  );
  return url;
}

/** The demo project is added through the api, like any other. */
async function addDemoProject(settings: Settings): Promise<void> {
  if (!settings.demoModel) return;
  const api = `http://127.0.0.1:${settings.API_PORT}/api/projects`;
  const who = { authorization: `Bearer ${settings.secrets.apiToken}` };
  if (((await (await fetch(api, { headers: who })).json()) as unknown[]).length > 0) return;
  const response = await fetch(api, {
    method: 'POST',
    headers: { ...who, 'content-type': 'application/json' },
    body: JSON.stringify({ source: 'demo/tally' }),
  });
  if (!response.ok)
    throw new Error(
      `The demo project could not be added: ${((await response.json()) as { error: string }).error}`,
    );
}

/** Somebody else's servers are asked before anything of ours is started. */
async function foreignPartsAnswer(settings: Settings): Promise<void> {
  const parts: [string, string | undefined, number][] = [
    ['DATABASE_URL', settings.DATABASE_URL, 5432],
    ['TEMPORAL_ADDRESS', settings.TEMPORAL_ADDRESS && `tcp://${settings.TEMPORAL_ADDRESS}`, 7233],
  ];
  for (const [name, url, fallback] of parts) {
    if (url === undefined) continue;
    const { hostname, port, searchParams } = new URL(url);
    const folder = searchParams.get('host');
    if (folder?.startsWith('/')) {
      const socket = path.join(folder, `.s.PGSQL.${port || fallback}`);
      if (await canConnect({ path: socket })) continue;
      throw new Error(
        `Nothing answers at ${socket}, where ${name} points. Start it there, or unset ${name} to use the embedded one.`,
      );
    }
    if (!(await canConnect({ port: Number(port) || fallback, host: hostname || '127.0.0.1' })))
      throw new Error(
        `Nothing answers at ${hostname}:${port || fallback}, where ${name} points. Start it there, or unset ${name} to use the embedded one.`,
      );
  }
}

const PORTS = [
  'WEB_PORT',
  'API_PORT',
  'GATEWAY_PORT',
  'TEMPORAL_PORT',
  'LOCAL_GITHUB_PORT',
  'DEMO_MODEL_PORT',
] as const;
async function portsFree(settings: Settings): Promise<void> {
  for (const name of PORTS) {
    const free = await new Promise<boolean>((resolve) => {
      const probe = net.createServer();
      probe.once('error', () => resolve(false));
      probe.listen(settings[name], '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (!free)
      throw new Error(
        `Port ${settings[name]} is taken by another program. Free it, or set ${name} to another port.`,
      );
  }
}

function isMainloop(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
