// Verbs about this machine: up, status, doctor.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { bridgeTo } from '@mainloop/network/bridge';
import { githubApp } from '@mainloop/network/github-app';
import { tellsUsers } from '@mainloop/network/peers';
import { sayApp } from '@mainloop/models/flow/forge/github-app';
import { pausedWords } from '@mainloop/models/flow/runs/paused';
import type { Check } from '@mainloop/models/contracts/status';
import type { Command } from 'commander';
import qr from 'qrcode';
import { Refused } from './client.ts';
import type { Context } from './context.ts';
import { plainLine } from './terminal.ts';
import { startTicksOf } from './up/pids.ts';
import { POSTGRES_SOCKET } from './up/postgres.ts';
import { loadSettings, type Settings } from './up/settings.ts';
import { socketsOf } from './up/sockets.ts';
import { readRunFile } from './up/supervisor.ts';
import { OPEN_PORT, ownNetwork, TEMPORAL_SOCKET } from './up/temporal.ts';
import { up } from './up/up.ts';
import { isEmbedderHere } from './up/embedder.ts';
import { ensureTool, onPath } from './up/wheels.ts';

/** @throws Refused with the sentence of the first setting that is wrong */
export const settings = (): Settings => {
  try {
    return loadSettings(process.env);
  } catch (err) {
    throw new Refused((err as Error).message);
  }
};

/**
 * The verbs of this machine: what starts and stops here, and the devices that may come in.
 * @param program gets the verbs
 */
export function registerLocal(program: Command, { api, out, say }: Context): void {
  program
    .command('up')
    .description('start everything on this machine; Ctrl-C stops it')
    .action(async () => {
      const resolved = settings();
      const startedMs = Date.now();
      let running: Awaited<ReturnType<typeof up>>;
      try {
        running = await up(resolved, (line) => say(`  ${line}`));
      } catch (err) {
        throw new Refused((err as Error).message);
      }
      say(`\nmainloop is up after ${((Date.now() - startedMs) / 1000).toFixed(1)} s: ${running.url}`);
      if (resolved.MAINLOOP_PUBLIC_URL)
        say(
          `From elsewhere: ${resolved.MAINLOOP_PUBLIC_URL}, with a sign-in. mainloop pair brings a device in.`,
        );
      if (resolved.demoModel)
        say('No model key is set, so this is the demo: a scripted model drives the real Claude Code.');
      say('Ctrl-C stops it; the next start goes on where it was.');
      await new Promise<void>((resolve) => {
        for (const sig of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(sig, () => resolve());
      });
      say('\nstopping ...');
      await running.stop();
    });

  program
    .command('pair')
    .description('print a link that signs one more device in, once')
    .action(async () => {
      const link = await api().call('linkDevice');
      const code = await qr.toString(link.url, { type: 'terminal', small: true, errorCorrectionLevel: 'L' });
      out(
        { url: link.url, expiresAt: link.expiresAt },
        `${plainLine(link.url)}\n\nIt works once, for ten minutes. Whoever opens it first is signed in.`,
        `${code}\n`,
      );
    });

  program
    .command('status')
    .description('processes, pids, ports, health, data folder')
    .action(async () => {
      const resolved = settings();
      const file = readRunFile(resolved.home);
      const rows = (file?.processes ?? []).map((p) => ({
        ...p,
        alive: startTicksOf(p.pid) === p.startTicks,
      }));
      const health = await api()
        .call('getHealth')
        // An api that does not answer is what `healthy: false` says.
        .catch(() => null);
      const paused = await api()
        .call('getPause')
        // As above.
        .catch(() => null);
      const data = {
        home: resolved.home,
        url: file?.url ?? null,
        healthy: health?.ok ?? false,
        demo: health?.demo ?? null,
        pausedSince: paused?.since ?? null,
        processes: rows,
      };
      out(
        data,
        rows.length === 0
          ? `mainloop is not running. Data folder: ${resolved.home}`
          : [
              `${data.healthy ? 'healthy' : 'not healthy'} · ${data.url}${data.demo ? ' · demo' : ''} · ${resolved.home}`,
              ...(paused?.since == null ? [] : [`${pausedWords(paused)} mainloop resume-all lets it go on.`]),
              ...rows.map(
                (p) =>
                  `  ${p.name.padEnd(13)} ${p.alive ? 'up  ' : 'down'}  pid ${String(p.pid).padEnd(8)}${p.port === null ? '' : `port ${p.port}`}`,
              ),
            ].join('\n'),
      );
      if (!data.healthy) process.exitCode = 1;
    });

  program
    .command('temporal [arguments...]')
    .description("Temporal's own command line, for the embedded one: mainloop temporal workflow list")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      const resolved = settings();
      const socket = path.join(socketsOf(resolved.home, POSTGRES_SOCKET), TEMPORAL_SOCKET);
      const { address, close } = await bridgeTo(
        existsSync(socket) ? `unix:${socket}` : `127.0.0.1:${resolved.TEMPORAL_PORT}`,
        resolved.MAINLOOP_LOCAL_USERS,
      );
      const child = spawn(
        ensureTool('temporal', resolved.cache, () => undefined),
        [...args, '--address', address],
        { stdio: 'inherit' },
      );
      process.exitCode = await new Promise<number>((resolve, reject) =>
        child.once('error', reject).once('exit', (code) => resolve(code ?? 1)),
      );
      close();
    });

  program
    .command('doctor')
    .description('what is missing or wrong, and what to do')
    .action(async () => {
      const resolved = settings();
      const checks = await diagnose(resolved, async () => (await api().call('getHealth')).ok);
      checks.push(
        ...(await api()
          .call('checkUp')
          // That it does not answer is a line of its own.
          .catch(() => [])),
      );
      out(checks, checks.map((c) => `${c.ok ? 'ok  ' : 'BAD '} ${c.name}: ${c.says}`).join('\n'));
      if (checks.some((c) => !c.ok)) process.exitCode = 1;
    });
}

function temporalCheck(resolved: Settings): Check {
  try {
    const ok = ownNetwork(ensureTool('bwrap', resolved.cache, () => undefined)) !== null;
    return { name: 'temporal', ok, says: ok ? 'embedded, in a network of its own' : OPEN_PORT };
  } catch (err) {
    return { name: 'temporal', ok: false, says: (err as Error).message };
  }
}

/** Without the sentence model nothing is wrong: what was said is found by its words. */
function searchCheck(cache: string): Check {
  const byMeaning = isEmbedderHere(cache);
  return {
    name: 'search',
    ok: true,
    says: byMeaning
      ? 'by words and by meaning; the sentence model runs on this machine'
      : 'by words alone: the sentence model is not here yet. It is fetched from PyPI after each start, until it is',
  };
}

/** An App is asked what it may: what it lacks is found here, and not in the middle of a task. */
async function forgeCheck({ forge, GITHUB_API_URL: given }: Settings): Promise<Check> {
  const name = 'forge';
  const apiUrl = given ?? 'https://api.github.com';
  if (forge === null)
    return { name, ok: true, says: 'no GITHUB_TOKEN and no GitHub App, the local GitHub is used' };
  if (forge.kind === 'token') return { name, ok: true, says: apiUrl };
  try {
    return { name, ...sayApp(await githubApp({ ...forge, apiUrl }).check()) };
  } catch (err) {
    return { name, ok: false, says: (err as Error).message };
  }
}

function modelWords({ demoModel, ANTHROPIC_API_KEY }: Settings): string {
  if (demoModel) return 'no key, the demo model answers. Set ANTHROPIC_API_KEY for Claude';
  return ANTHROPIC_API_KEY ? 'ANTHROPIC_API_KEY' : 'CLAUDE_CODE_OAUTH_TOKEN';
}

async function diagnose(resolved: Settings, healthy: () => Promise<boolean>): Promise<Check[]> {
  const freeMb = (() => {
    const disk = statfsSync(resolved.home);
    return Math.floor((disk.bavail * disk.bsize) / 1024 / 1024);
  })();
  const userns = spawnSync('unshare', ['-U', 'true'], {
    encoding: 'utf8',
    ...(process.getuid?.() === 0 ? { uid: 2_000_001, gid: 2_000_001 } : {}),
  });
  // That it does not answer is the finding.
  const up = await healthy().catch(() => false);
  const database = resolved.DATABASE_URL === undefined ? 'embedded' : 'from DATABASE_URL';
  return [
    { name: 'node', ok: Number(process.versions.node.split('.')[0]) >= 24, says: process.version },
    { name: 'git', ok: onPath('git') !== null, says: onPath('git') ?? 'install git' },
    {
      name: 'disk',
      ok: freeMb > 1_000,
      says: `${freeMb} MB free under ${resolved.home}${freeMb > 1_000 ? '' : '. Free some space: Postgres and the sandboxes need it'}`,
    },
    {
      name: 'sandbox',
      ok: userns.status === 0 || resolved.MAINLOOP_UNCONFINED === 'yes',
      says:
        userns.status === 0
          ? 'user namespaces work'
          : "this machine refuses user namespaces to plain users, so agents can't be confined. Ask for kernel.unprivileged_userns_clone=1 (Debian) or an AppArmor exception for bwrap",
    },
    {
      name: 'model',
      ok: true,
      says: modelWords(resolved),
    },
    await forgeCheck(resolved),
    {
      name: 'database',
      ok: true,
      says: `${database}${resolved.DATABASE_URL !== undefined && resolved.WEB_DATABASE_URL === undefined ? '; the page uses the same user: set WEB_DATABASE_URL to one that may only read' : ''}`,
    },
    ...(resolved.TEMPORAL_ADDRESS === undefined ? [temporalCheck(resolved)] : []),
    {
      name: 'local users',
      ok: tellsUsers() || resolved.MAINLOOP_LOCAL_USERS === 'any',
      says: tellsUsers()
        ? `only you and root reach mainloop here${resolved.MAINLOOP_LOCAL_USERS ? `, and MAINLOOP_LOCAL_USERS: ${resolved.MAINLOOP_LOCAL_USERS}` : ''}`
        : 'this machine does not say whose a connection is (/proc/net/tcp), so nobody is let in. Set MAINLOOP_LOCAL_USERS=any to let everybody here in',
    },
    searchCheck(resolved.cache),
    { name: 'api', ok: up, says: up ? 'answers' : 'does not answer. Start it with make dev' },
  ];
}
