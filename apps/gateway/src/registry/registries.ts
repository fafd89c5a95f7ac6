// The registries there are, with what the operator's own clients on this machine are set to. Read once, at the start.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import type { PackageHints } from '@mainloop/models/flow/packages';
import type { Asked, Page } from './asked.ts';
import { npmUpstreams, type Environment, type Upstream } from './clients.ts';
import { askedOfNpm } from './npm.ts';

export interface Registry {
  /** For sentences. */
  readonly name: string;
  /** The client that the operator would set up for it. */
  readonly client: string;
  /** Whom a project's allow-list would name. */
  readonly publicHost: string;
  asked(path: string, accept: string): Asked | null;
  upstream(page: Page): Upstream;
}

export interface Registries {
  readonly all: readonly Registry[];
  readonly hints: PackageHints;
  /** PEM */
  readonly authorities: readonly string[];
}

/** @param env the operator's own, as far as it is about packages (PACKAGE_SETTINGS) */
export function readRegistries(env: Environment): Registries {
  const home = env.HOME ?? '/';
  const npm = npmUpstreams(env, npmrcFiles(env, home).map(textOf));
  const all: Registry[] = [
    {
      name: "npm's registry",
      client: 'npm',
      publicHost: 'registry.npmjs.org',
      asked: askedOfNpm,
      upstream: (page) => npm.scopes.get(page.name.split('/')[0]!) ?? npm.all,
    },
  ];
  const files = [...npm.caFiles, env.SSL_CERT_FILE, env.NODE_EXTRA_CA_CERTS].filter((f): f is string => f !== undefined && f !== '');
  return {
    all,
    hints: { npmReplaces: [npm.all, ...npm.scopes.values()].every((u) => new URL(u.base).host === 'registry.npmjs.org') ? 'npmjs' : 'always' },
    authorities: [...new Set([...tls.getCACertificates('default'), ...tls.getCACertificates('system'), ...files.map(textOf)])].filter(
      (pem) => pem !== '',
    ),
  };
}

const npmrcFiles = (env: Environment, home: string): string[] => [
  env.npm_config_userconfig ?? env.NPM_CONFIG_USERCONFIG ?? path.join(home, '.npmrc'),
  env.npm_config_globalconfig ?? env.NPM_CONFIG_GLOBALCONFIG ?? path.join(env.PREFIX ?? '/usr/local', 'etc/npmrc'),
  '/etc/npmrc',
];

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Most people have not all of these files.
    return '';
  }
}
