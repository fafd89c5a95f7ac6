// Known vulnerabilities of what is shipped, asked of the registry. A registry that does not answer makes
// nothing red: that is said instead.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
/** Advisories that do not reach us, each with the reason. */
export const BORNE: ReadonlyMap<string, string> = new Map();

export interface Verdict {
  readonly ok: boolean;
  readonly lines: readonly string[];
}
interface Advisory {
  readonly severity?: unknown;
  readonly module_name?: unknown;
  readonly title?: unknown;
  readonly github_advisory_id?: unknown;
  readonly url?: unknown;
}

/**
 * @param stdout of `pnpm audit --json`
 * @param stderr of the same: why there is no answer
 * @param borne advisories that are known not to reach us
 * @returns red for what is high or critical and not borne; "not audited" where nobody answered
 */
export function verdictOf(
  stdout: string,
  stderr: string,
  borne: ReadonlyMap<string, string> = BORNE,
): Verdict {
  let advisories: Advisory[];
  try {
    const answer = JSON.parse(stdout) as {
      advisories?: Record<string, Advisory>;
      metadata?: unknown;
      error?: { message?: string };
    };
    if (typeof answer.advisories !== 'object' || answer.advisories === null || answer.metadata === undefined)
      return {
        ok: true,
        lines: [`not audited: ${answer.error?.message ?? 'that was no answer of an audit'}`],
      };
    advisories = Object.values(answer.advisories);
  } catch {
    const why = `${stderr}\n${stdout}`.replace(/[\s│×]+/g, ' ').trim();
    return { ok: true, lines: [`not audited: ${why.slice(0, 200) || 'no answer'}`] };
  }
  const id = (advisory: Advisory): string =>
    String(advisory.github_advisory_id ?? advisory.url ?? advisory.title);
  const grave = advisories.filter(
    (a) => (a.severity === 'high' || a.severity === 'critical') && !borne.has(id(a)),
  );
  return {
    ok: grave.length === 0,
    lines: [
      ...grave.map((a) => `${String(a.severity)}: ${String(a.module_name)}, ${String(a.title)} (${id(a)})`),
      `audited: ${advisories.length} known, ${grave.length} to act on`,
    ],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = spawnSync('pnpm', ['audit', '--prod', '--json'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const verdict = verdictOf(result.stdout ?? '', result.stderr || (result.error?.message ?? ''));
  console.log(verdict.lines.join('\n'));
  process.exit(verdict.ok ? 0 : 1);
}
