// `mainloop apt NAME…` inside a sandbox: Debian packages without root. apt itself looks them up and checks what Debian
// has signed; they are unpacked below the home folder, and their programs are put on PATH.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Below the home folder. The runner has its `bin` on PATH. */
export const APT_FOLDER = '.mainloop-apt';
const MINUTES = 60_000;

/** What is refused, in one sentence. */
export class AptRefused extends Error {}

/** @param osRelease the text of os-release(5) @returns the name of the release: "bookworm" */
export function suiteOf(osRelease: string): string {
  const of = (name: string): string =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1]?.trim() ?? '';
  const suite = of('VERSION_CODENAME');
  if (of('ID') === 'debian' && /^[a-z]{2,30}$/.test(suite)) return suite;
  throw new AptRefused(
    `mainloop apt brings packages of Debian, and this sandbox runs ${of('PRETTY_NAME') || 'something else'}. Put what you need into the image, or take it from npm, PyPI, Go, crates, Maven or RubyGems.`,
  );
}

/** @returns the list of sources, through the gateway's package proxy */
export const sourcesOf = (origin: string, suite: string): string =>
  [
    ['debian', suite],
    ['debian', `${suite}-updates`],
    ['debian-security', `${suite}-security`],
  ]
    .map(
      ([archive, name]) =>
        `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${origin}/${archive} ${name} main\n`,
    )
    .join('');

/** @returns the names, or a sentence about one that is none */
export function namesOf(words: readonly string[]): readonly string[] {
  const odd = words.find((word) => !/^[a-z0-9][a-z0-9.+-]+(?:=[A-Za-z0-9.+~:-]+)?$/.test(word));
  if (odd !== undefined) throw new AptRefused(`${odd.slice(0, 80)} is no name of a Debian package.`);
  if (words.length === 0) throw new AptRefused('mainloop apt wants names: mainloop apt jq graphviz');
  return words;
}

/**
 * What a package would have `update-alternatives` link: `figlet` to `/usr/bin/figlet-figlet`. Nothing of it is run here.
 * @param postinst the text of the script that it brings
 */
export const alternativesOf = (postinst: string): (readonly [name: string, program: string])[] =>
  [
    ...postinst
      .replace(/\\\n/g, ' ')
      .matchAll(/--install\s+\/(?:usr\/)?s?bin\/([\w.+-]+)\s+\S+\s+\/((?:usr\/)?s?bin\/[\w.+-]+)/g),
  ].map(([, name, program]) => [name!, program!] as const);

/** @returns options that give apt a folder of its own for everything that it would keep in the system's */
export const aptOptions = (root: string): string[] =>
  [
    `Dir::State=${root}/state`,
    `Dir::State::status=${root}/state/status`,
    `Dir::Cache=${root}/cache`,
    `Dir::Etc::sourcelist=${root}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::main=/dev/null',
    'Dir::Etc::parts=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    // A list that did not come is trouble, and not an old list or none.
    'APT::Update::Error-Mode=any',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
    'Acquire::http::Proxy=DIRECT',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=15',
    'APT::Install-Recommends=0',
  ].flatMap((option) => ['-o', option]);

/** @returns a program that finds the libraries that came with it */
export const wrapperOf = (root: string, program: string): string =>
  `#!/bin/sh\nr='${root}/tree'\nexport LD_LIBRARY_PATH="$r/usr/lib/$(uname -m)-linux-gnu:$r/lib/$(uname -m)-linux-gnu:$r/usr/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"\nexec "$r/${program}" "$@"\n`;

function run(program: string, args: readonly string[], home: string): string {
  const done = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 10 * MINUTES,
    env: { PATH: process.env.PATH, HOME: home, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (done.status === 0) return done.stdout;
  if (done.error !== undefined && (done.error as NodeJS.ErrnoException).code === 'ENOENT')
    throw new AptRefused(`This sandbox has no ${program}, so no Debian package can be had.`);
  const said = `${done.stderr}\n${done.stdout}`.split('\n').find((line) => /^E: |mainloop: /.test(line));
  throw new AptRefused(said?.replace(/^E: /, '') ?? `${program} ended with ${done.status ?? done.signal}.`);
}

/**
 * @param origin of the gateway's packages, "http://127.0.0.1:8701"
 * @returns what was done, in words
 * @throws AptRefused
 */
export function installDebian(words: readonly string[], origin: string, home: string): string {
  const names = namesOf(words);
  const suite = suiteOf(fs.readFileSync('/usr/lib/os-release', 'utf8'));
  const root = path.join(home, APT_FOLDER);
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'tree', 'bin'])
    fs.mkdirSync(path.join(root, folder), { recursive: true });
  fs.writeFileSync(path.join(root, 'sources.list'), sourcesOf(origin, suite));
  const status = path.join(root, 'state/status');
  // What the machine has need not be fetched; where that is not told, all that is needed comes.
  if (!fs.existsSync(status))
    fs.writeFileSync(
      status,
      fs.existsSync('/var/lib/dpkg/status') ? fs.readFileSync('/var/lib/dpkg/status') : '',
    );
  const options = aptOptions(root);
  run('apt-get', [...options, 'update', '-q'], home);
  run('apt-get', [...options, 'install', '--download-only', '-y', '-q', ...names], home);
  const archives = path.join(root, 'cache/archives');
  const came = fs.readdirSync(archives).filter((name) => name.endsWith('.deb'));
  const alternatives: (readonly [string, string])[] = [];
  for (const name of came) {
    const control = path.join(root, 'control');
    run('dpkg-deb', ['-e', path.join(archives, name), control], home);
    const script = path.join(control, 'postinst');
    if (fs.existsSync(script)) alternatives.push(...alternativesOf(fs.readFileSync(script, 'utf8')));
    fs.rmSync(control, { recursive: true, force: true });
    run('dpkg-deb', ['-x', path.join(archives, name), path.join(root, 'tree')], home);
    fs.rmSync(path.join(archives, name));
  }
  const programs = putOnPath(root, alternatives);
  if (came.length === 0) return `${names.join(', ')}: there already.`;
  const found = programs.length === 0 ? '' : ` On PATH: ${programs.slice(0, 20).join(', ')}.`;
  return `Unpacked ${came.length} package${came.length === 1 ? '' : 's'} below ~/${APT_FOLDER}/tree.${found} Nothing was set up: a program that looks for its files at a fixed place may need to be told where they are. Headers and libraries: export CPATH=~/${APT_FOLDER}/tree/usr/include LIBRARY_PATH=~/${APT_FOLDER}/tree/usr/lib/$(uname -m)-linux-gnu`;
}

/** @returns the programs that there is now a wrapper for */
function putOnPath(root: string, alternatives: readonly (readonly [string, string])[]): string[] {
  const programs: string[] = [];
  const put = (name: string, program: string): void => {
    const wrapper = path.join(root, 'bin', name);
    if (!fs.existsSync(wrapper)) programs.push(name);
    fs.writeFileSync(wrapper, wrapperOf(root, program), { mode: 0o755 });
  };
  for (const folder of ['usr/games', 'usr/sbin', 'sbin', 'usr/bin', 'bin']) {
    const from = path.join(root, 'tree', folder);
    for (const name of fs.existsSync(from) ? fs.readdirSync(from) : []) put(name, `${folder}/${name}`);
  }
  for (const [name, program] of alternatives)
    if (fs.existsSync(path.join(root, 'tree', program))) put(name, program);
  return programs;
}
