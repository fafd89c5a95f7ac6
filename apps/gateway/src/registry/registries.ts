// The registries there are, with what the operator's own clients on this machine are set to. Read once, at the start.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import type { PackageHints } from '@mainloop/models/flow/runs/packages';
import type { Asked, Page } from './asked.ts';
import {
  cargoUpstream,
  GRADLE,
  goUpstreams,
  mavenUpstream,
  npmUpstreams,
  pipUpstreams,
  rubyGemsUpstream,
  upstreamOf,
  type Environment,
  type Upstream,
} from './clients.ts';
import { askedOfCrates } from './crates.ts';
import { ARCHIVES, askedOfDebian, debianAddress } from './debian.ts';
import { askedOfGo } from './go.ts';
import { askedOfGradle } from './gradle.ts';
import { askedOfMaven } from './maven.ts';
import { askedOfNpm } from './npm.ts';
import { askedOfPypi } from './pypi.ts';
import { askedOfRubyGems } from './rubygems.ts';

export interface Registry {
  /** For sentences. */
  readonly name: string;
  /** The client that the operator would set up for it. */
  readonly client: string;
  /** Whom a project's allow-list would name. */
  readonly publicHost: string;
  asked(path: string, accept: string): Asked | null;
  /** In the order in which they are asked. */
  upstreams(page: Page): readonly Upstream[];
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
  const config = env.XDG_CONFIG_HOME || path.join(home, '.config');
  const netrc = textOf(env.NETRC || path.join(home, '.netrc'));
  const pip = pipUpstreams(env, pipFiles(env, home, config).map(textOf), netrc);
  const go = goUpstreams(env, textOf(env.GOENV || path.join(config, 'go/env')), netrc);
  const cargo = cargoUpstream(textOf(path.join(env.CARGO_HOME || path.join(home, '.cargo'), 'config.toml')));
  const mavenSettings = textOf(path.join(home, '.m2/settings.xml'));
  const maven = mavenUpstream(mavenSettings);
  const plugins = mavenUpstream(mavenSettings, 'gradle-plugins');
  const aptSources = aptFiles(env.APT_SOURCES || '/etc/apt').map(textOf);
  const gems = rubyGemsUpstream(
    textOf(path.join(env.BUNDLE_USER_HOME || path.join(home, '.bundle'), 'config')),
    textOf(path.join(home, '.gemrc')),
  );
  const all: Registry[] = [
    {
      name: "npm's registry",
      client: 'npm',
      publicHost: 'registry.npmjs.org',
      asked: askedOfNpm,
      upstreams: (page) => [npm.scopes.get(page.name.split('/')[0]!) ?? npm.all],
    },
    {
      name: "Python's index",
      client: 'pip',
      publicHost: 'pypi.org',
      asked: askedOfPypi,
      upstreams: () => pip,
    },
    {
      name: "Go's module proxy",
      client: 'Go',
      publicHost: 'proxy.golang.org',
      asked: askedOfGo,
      upstreams: () => go.all,
    },
    {
      name: 'crates.io',
      client: 'Cargo',
      publicHost: 'index.crates.io',
      asked: askedOfCrates,
      upstreams: () => [cargo],
    },
    {
      name: 'Maven Central',
      client: 'Maven',
      publicHost: 'repo.maven.apache.org',
      asked: (where) => askedOfMaven(where),
      upstreams: () => [maven],
    },
    {
      name: 'RubyGems',
      client: 'Bundler',
      publicHost: 'rubygems.org',
      asked: askedOfRubyGems,
      upstreams: () => [gems],
    },
    {
      name: "Gradle's plugin portal",
      client: 'Maven',
      publicHost: 'plugins.gradle.org',
      asked: (where) => askedOfMaven(where, 'gradle-plugins'),
      upstreams: () => [plugins],
    },
    {
      name: "Gradle's distributions",
      client: 'Gradle',
      publicHost: 'services.gradle.org',
      asked: askedOfGradle,
      upstreams: () => [GRADLE],
    },
    ...ARCHIVES.map((archive): Registry => {
      const upstream = upstreamOf(debianAddress(archive, aptSources));
      return {
        name: "Debian's archive",
        client: 'apt',
        publicHost: 'deb.debian.org',
        asked: (where) => askedOfDebian(archive, where),
        upstreams: () => (upstream === null ? [] : [upstream]),
      };
    }),
  ];
  const files = [...npm.caFiles, env.PIP_CERT, env.SSL_CERT_FILE, env.NODE_EXTRA_CA_CERTS].filter(
    (f): f is string => f !== undefined && f !== '',
  );
  return {
    all,
    hints: {
      goNoSumDb: go.noSumDb,
      npmReplaces: [npm.all, ...npm.scopes.values()].every(
        (u) => new URL(u.base).host === 'registry.npmjs.org',
      )
        ? 'npmjs'
        : 'always',
    },
    authorities: [
      ...new Set([
        ...tls.getCACertificates('default'),
        ...tls.getCACertificates('system'),
        ...files.map(textOf),
      ]),
    ].filter((pem) => pem !== ''),
  };
}

const npmrcFiles = (env: Environment, home: string): string[] => [
  env.npm_config_userconfig ?? env.NPM_CONFIG_USERCONFIG ?? path.join(home, '.npmrc'),
  env.npm_config_globalconfig ??
    env.NPM_CONFIG_GLOBALCONFIG ??
    path.join(env.PREFIX ?? '/usr/local', 'etc/npmrc'),
  '/etc/npmrc',
];

/** Debian reads them in the order of their names. */
function aptFiles(folder: string): string[] {
  const parts = path.join(folder, 'sources.list.d');
  let names: string[] = [];
  try {
    names = readdirSync(parts).filter((name) => /\.(?:list|sources)$/.test(name));
  } catch {
    // Not a Debian.
  }
  return [path.join(folder, 'sources.list'), ...names.toSorted().map((name) => path.join(parts, name))];
}

const pipFiles = (env: Environment, home: string, config: string): string[] => [
  ...(env.PIP_CONFIG_FILE ? [env.PIP_CONFIG_FILE] : []),
  path.join(config, 'pip/pip.conf'),
  path.join(home, '.pip/pip.conf'),
  '/etc/pip.conf',
];

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Most people have not all of these files.
    return '';
  }
}
