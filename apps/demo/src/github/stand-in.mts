// Stands in for a common action of GitHub's in a job of the local CI: node stand-in.mts OWNER/NAME, with its
// inputs as JSON in INPUTS. What can't be had here is said in a line that begins with NOT_HERE; any other
// failure is the workflow's own.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import path from 'node:path';
import { fits, nodeRange, npmFor, versionIn } from './stand-in-versions.mts';

/** The same words are in `not-here.ts`. */
const NOT_HERE = 'mainloop, not here: ';

type Inputs = Readonly<Record<string, string>>;

const env = process.env;
const home = env.HOME ?? '/work/home';
const repo = env.GITHUB_WORKSPACE ?? process.cwd();

class NotHere extends Error {}

const put = (file: string | undefined, line: string): void =>
  void (file === undefined || appendFileSync(file, `${line}\n`));
const output = (name: string, value: string): void => put(env.GITHUB_OUTPUT, `${name}=${value}`);
const onPath = (folder: string): void => put(env.GITHUB_PATH, folder);
const variable = (name: string, value: string): void => put(env.GITHUB_ENV, `${name}=${value}`);
const fresh = (name: string): string => {
  const tools = path.join(home, 'tools');
  mkdirSync(tools, { recursive: true });
  return mkdtempSync(path.join(tools, `${name}-`));
};

/** @returns what it prints; null when there is no such program, or it fails */
function ask(program: string, ...args: string[]): string | null {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 16 * 1024 * 1024,
    });
  } catch {
    // Not there, or not for this.
    return null;
  }
}

function install(folder: string, ...packages: string[]): boolean {
  return (
    ask(
      'npm',
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--silent',
      ...packages,
    ) !== null
  );
}

/** The version that is asked for, by the input or by the file that an input names. */
function wanted(inputs: Inputs, tool: 'node' | 'python' | 'go'): string {
  const said = inputs[`${tool}-version`]?.trim() ?? '';
  const file = inputs[`${tool}-version-file`]?.trim() ?? '';
  if (said !== '' || file === '') return said;
  return versionIn(path.basename(file), readFileSync(path.join(repo, file), 'utf8'), tool) ?? '';
}

function node(inputs: Inputs): void {
  const want = wanted(inputs, 'node');
  if (want === '') return output('node-version', process.version);
  const range = nodeRange(want, new Date());
  const folder = fresh('node');
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  const bin = path.join(folder, 'node_modules/.bin');
  if (range === null || !install(folder, `node-linux-${arch}@${range}`))
    throw new NotHere(`Node ${want} can't be had on this machine`);
  const version = ask(path.join(folder, `node_modules/node-linux-${arch}/bin/node`), '--version')?.trim();
  if (version === undefined) throw new NotHere(`Node ${want} does not run on this machine`);
  const npm = npmFor(Number(/^v(\d+)/.exec(version)?.[1]));
  if (npm !== null && !install(folder, `node-linux-${arch}@${version.slice(1)}`, npm))
    throw new NotHere(`${npm} for Node ${version} can't be had on this machine`);
  onPath(bin);
  output('node-version', version);
  console.log(
    `Node ${version}${npm === null ? '' : ` with ${npm}`}, from the package registry. Nothing is kept for the next run.`,
  );
}

function python(inputs: Inputs): void {
  const asked = wanted(inputs, 'python').split('\n').map((v) => v.trim()).filter(Boolean); // prettier-ignore
  const here = ['python3', ...Array.from({ length: 12 }, (_, i) => `python3.${8 + i}`)].flatMap((program) => {
    const version = /^Python (\d+\.\d+\.\d+)$/m.exec(ask(program, '--version') ?? '')?.[1];
    return version === undefined ? [] : [{ program, version }];
  });
  for (const want of asked.length === 0 ? [''] : asked) {
    const found = here.find((p) => fits(want, p.version));
    if (found === undefined)
      throw new NotHere(
        `Python ${want} can't be had on this machine; ${here[0]?.version ?? 'none'} is there`,
      );
    const folder = fresh('python');
    if (ask(found.program, '-m', 'venv', folder) === null)
      throw new NotHere(`Python ${found.version} can't make an environment of its own on this machine`);
    onPath(path.join(folder, 'bin'));
    variable('pythonLocation', folder);
    output('python-version', found.version);
    output('python-path', path.join(folder, 'bin/python'));
    console.log(`Python ${found.version}, the one of this machine, in an environment of its own.`);
  }
}

function go(inputs: Inputs): void {
  const want = wanted(inputs, 'go').replace(/^go/, '');
  const here = goVersion();
  if (here === null) throw new NotHere('there is no Go on this machine');
  const isAny = ['', 'stable', 'oldstable', 'latest'].includes(want);
  if (!isAny && !fits(want, here)) {
    // From 1.21 on Go's versions are modules: https://go.dev/doc/toolchain
    const all = (ask('go', 'list', '-m', '-versions', 'go') ?? '')
      .split(/\s+/)
      .filter((v) => /^\d+\.\d+\.\d+$/.test(v));
    const newest = all.filter((v) => fits(want, v)).at(-1);
    if (newest === undefined || ask('env', `GOTOOLCHAIN=go${newest}`, 'go', 'version') === null)
      throw new NotHere(`Go ${want} can't be had on this machine; ${here} is there`);
    // A later one may still be asked for, as on GitHub: a tool that is installed may want it.
    variable('GOTOOLCHAIN', `go${newest}+auto`);
    output('go-version', newest);
    return console.log(`Go ${newest}, from the module proxy.`);
  }
  output('go-version', here);
  console.log(`Go ${here}, the one of this machine.`);
}
const goVersion = (): string | null => /go(\d+\.\d+(?:\.\d+)?)/.exec(ask('go', 'version') ?? '')?.[1] ?? null;

function java(inputs: Inputs): void {
  const want = inputs['java-version']?.trim() ?? '';
  const said = ask('sh', '-c', 'java -version 2>&1') ?? '';
  const here = /version "(?:1\.)?(\d+)/.exec(said)?.[1];
  if (here === undefined) throw new NotHere('there is no Java on this machine');
  if (want !== '' && !fits(want.replace(/[-+].*$/, ''), here))
    throw new NotHere(`Java ${want} can't be had on this machine; ${here} is there`);
  output('version', here);
}

function rust(inputs: Inputs): void {
  const want = inputs.toolchain?.trim() ?? '';
  const [, here, channel] = /^rustc (\d+\.\d+\.\d+)(-\w+)?/m.exec(ask('rustc', '--version') ?? '') ?? [];
  if (here === undefined) throw new NotHere('there is no Rust on this machine');
  const isStable = channel === undefined && ['', 'stable', 'master', 'main', 'v1'].includes(want);
  const isThat = isStable || (channel === undefined && fits(want, here)) || `-${want}` === channel;
  if (!isThat)
    throw new NotHere(`Rust ${want} can't be had on this machine; ${here}${channel ?? ''} is there`);
  output('name', want || 'stable');
}

function pnpm(inputs: Inputs): void {
  const file = path.join(repo, inputs.package_json_file || 'package.json');
  const named = existsSync(file)
    ? /^pnpm@([\w.-]+)/.exec(
        (JSON.parse(readFileSync(file, 'utf8')) as { packageManager?: string }).packageManager ?? '',
      )
    : null;
  const version = inputs.version || named?.[1] || 'latest';
  const folder = fresh('pnpm');
  if (!/^[\w.^~-]+$/.test(version) || !install(folder, `pnpm@${version}`))
    throw new NotHere(`pnpm ${version} can't be had on this machine`);
  onPath(path.join(folder, 'node_modules/.bin'));
  output('bin_dest', path.join(folder, 'node_modules/.bin'));
}

function ruby(inputs: Inputs): void {
  const folder = path.join(repo, inputs['working-directory']?.trim() ?? '');
  const want = (inputs['ruby-version']?.trim() || 'default').replace(/^ruby-/, '');
  const asked = want === 'default' ? rubyOf(folder) : want;
  const here = /^ruby (\d+\.\d+\.\d+)/.exec(ask('ruby', '--version') ?? '')?.[1];
  if (here === undefined) throw new NotHere('there is no Ruby on this machine');
  if (!['', 'ruby'].includes(asked) && !fits(asked, here))
    throw new NotHere(`Ruby ${asked} can't be had on this machine; ${here} is there`);
  output('ruby-prefix', ask('ruby', '-e', 'print RbConfig::CONFIG["prefix"]') ?? '');
  console.log(`Ruby ${here}, the one of this machine.`);
  if (inputs['bundler-cache'] === 'true') bundle(folder);
}

/** By the file that names it, where the workflow does not; '' for none. */
function rubyOf(folder: string): string {
  const [own, asdf] = [path.join(folder, '.ruby-version'), path.join(folder, '.tool-versions')];
  if (existsSync(own))
    return readFileSync(own, 'utf8')
      .trim()
      .replace(/^ruby-/, '');
  return existsSync(asdf) ? (/^ruby\s+(\S+)/m.exec(readFileSync(asdf, 'utf8'))?.[1] ?? '') : '';
}

/** Into the folder that the action has it in, for all steps that follow. */
function bundle(folder: string): void {
  const into = path.join(folder, 'vendor/bundle');
  variable('BUNDLE_PATH', into);
  try {
    execFileSync('bundle', ['install', '--quiet'], {
      cwd: folder,
      env: { ...env, BUNDLE_PATH: into },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (err) {
    const {
      stdout = '',
      stderr = '',
      message,
    } = err as { stdout?: string; stderr?: string; message: string };
    const said = `${stdout}${stderr}`.trim();
    if (/mainloop: |Could not (?:fetch specs|reach host)/.test(said))
      throw new NotHere("its gems can't be had on this machine");
    throw new Error(said.split('\n').at(-1) || message);
  }
}

/** What the jobs of one run hand to each other: they share a machine. */
const artifacts = path.join(home, '..', 'artifacts');

function artifactFolder(name: string): string {
  if (!/^[^/\\:"<>|*?\r\n]{1,200}$/.test(name) || /^\.+$/.test(name))
    throw new Error(`"${name}" is no name of an artifact`);
  return path.join(artifacts, name);
}

function upload(inputs: Inputs): void {
  const lines = (inputs.path ?? '').split('\n').map((l) => l.trim()).filter(Boolean); // prettier-ignore
  const match = (patterns: string[]): string[] =>
    patterns.flatMap((p) => globSync(p, { cwd: repo }).map((f) => path.resolve(repo, f)));
  const without = new Set(match(lines.filter((l) => l.startsWith('!')).map((l) => l.slice(1))));
  const found = match(lines.filter((l) => !l.startsWith('!'))).flatMap(filesBelow);
  const files = [...new Set(found)].filter((f) => !without.has(f));
  const name = inputs.name || 'artifact';
  if (files.length === 0) {
    const words = `No files were found for ${lines.join(', ')}. No artifact ${name} is kept.`;
    if (inputs['if-no-files-found'] === 'error') throw new Error(words);
    return console.log(words);
  }
  const top = commonFolder(lines.filter((l) => !l.startsWith('!')).map(rootOf));
  const to = artifactFolder(name);
  for (const f of files) cpSync(f, path.join(to, path.relative(top, f)), { recursive: true });
  output('artifact-id', '1');
  console.log(
    `${files.length} ${files.length === 1 ? 'file is' : 'files are'} kept as ${name} for the other jobs of this run.`,
  );
}

const filesBelow = (file: string): string[] =>
  lstatSync(file).isDirectory()
    ? readdirSync(file).flatMap((name) => filesBelow(path.join(file, name)))
    : [file];

/** The folder that a search begins in. */
function rootOf(pattern: string): string {
  const wild = /[*?[]/.exec(pattern);
  if (wild) return path.resolve(repo, pattern.slice(0, wild.index).replace(/[^/]*$/, ''));
  const whole = path.resolve(repo, pattern);
  return existsSync(whole) && lstatSync(whole).isDirectory() ? whole : path.dirname(whole);
}

/** GitHub cuts the paths of an artifact by the folder that all searches have in common. */
function commonFolder(folders: readonly string[]): string {
  const all = folders.map((f) => f.split('/'));
  const first = all[0]!;
  const length = first.findIndex((part, i) => all.some((other) => other[i] !== part));
  return first.slice(0, length < 0 ? undefined : length).join('/') || '/';
}

function download(inputs: Inputs): void {
  const to = path.resolve(repo, inputs.path || '.');
  output('download-path', to);
  if (inputs.name) {
    const from = artifactFolder(inputs.name);
    if (!existsSync(from)) throw new Error(`This run has no artifact ${inputs.name}.`);
    return cpSync(from, to, { recursive: true });
  }
  const names = existsSync(artifacts) ? globSync(inputs.pattern || '*', { cwd: artifacts }) : [];
  for (const name of names)
    cpSync(path.join(artifacts, name), inputs['merge-multiple'] === 'true' ? to : path.join(to, name), {
      recursive: true,
    });
}

function noCache(inputs: Inputs): void {
  output('cache-primary-key', inputs.key ?? '');
  if (inputs['fail-on-cache-miss'] === 'true')
    throw new NotHere('nothing is kept between two runs on this machine');
  console.log('Nothing is kept between two runs on this machine: it is made anew.');
}

const nothing = (): void => console.log('Nothing is sent from this machine.');

const DO: Readonly<Record<string, (inputs: Inputs) => void>> = {
  'actions/setup-node': node,
  'actions/setup-python': python,
  'actions/setup-go': go,
  'actions/setup-java': java,
  'actions/cache': noCache,
  'actions/upload-artifact': upload,
  'actions/download-artifact': download,
  'pnpm/action-setup': pnpm,
  'ruby/setup-ruby': ruby,
  'dtolnay/rust-toolchain': rust,
  'actions-rs/toolchain': rust,
  'actions-rust-lang/setup-rust-toolchain': rust,
  'swatinem/rust-cache': noCache,
  'codecov/codecov-action': nothing,
  'coverallsapp/github-action': nothing,
};

try {
  const name = process.argv[2] ?? '';
  const act = Object.entries(DO).find(([known]) => known === name)?.[1];
  if (act === undefined) throw new NotHere(`${name} has no stand-in`);
  act(JSON.parse(env.INPUTS ?? '{}') as Inputs);
} catch (err) {
  console.log(`${err instanceof NotHere ? NOT_HERE : ''}${(err as Error).message.split('\n', 1)[0]}`);
  process.exitCode = 1;
}
