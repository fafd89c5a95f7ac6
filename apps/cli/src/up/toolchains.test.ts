// Which toolchains of the operator's own folders are made reachable, and that nothing else of those folders is.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { ensureToolchains, findToolchains } from './toolchains.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync('/tmp/mainloop-toolchains-');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function put(...files: string[]): void {
  for (const file of files) {
    mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
    writeFileSync(path.join(home, file), file, { mode: 0o755 });
  }
}
const rust = (): void => {
  put('.rustup/settings.toml', '.cargo/bin/cargo', '.cargo/credentials.toml');
  put(
    ...['bin/cargo', 'bin/rustc', 'lib/rustlib/x', 'share/doc/y'].map(
      (f) => `.rustup/toolchains/stable/${f}`,
    ),
  );
};
const find = (...folders: string[]) =>
  findToolchains([...folders.map((f) => path.join(home, f)), '/usr/bin'].join(':'), home, ([p]) =>
    p === 'rustc' ? `${home}/.rustup/toolchains/stable\n` : null,
  );

test('rustup’s toolchain is found by what rustc says, and nothing beside it', () => {
  rust();
  expect(find('.cargo/bin')).toEqual([
    { name: 'rust', folder: realpathSync(`${home}/.rustup/toolchains/stable`) },
  ]);
});

test('a Node of a version manager is found with its npm; npm in ~/.local makes nobody’s ~/.local a toolchain', () => {
  const node = ['bin/node', 'lib/node_modules/npm/bin/npm-cli.js', 'include/node/node.h'];
  put(...node.map((f) => `.nvm/versions/node/v22/${f}`));
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(home, '.nvm/versions/node/v22/bin/npm'));
  expect(find('.nvm/versions/node/v22/bin')).toEqual([
    { name: 'node', folder: realpathSync(`${home}/.nvm/versions/node/v22`) },
  ]);
  put('.local/bin/npm', '.local/share/secret');
  expect(find('.local/bin')).toEqual([]);
});

test('the home itself is none, even when it looks like one', () => {
  put('bin/java', 'release', 'lib/modules');
  expect(find('bin')).toEqual([]);
  put('jdk/bin/java', 'jdk/release', 'jdk/lib/modules');
  expect(find('jdk/bin')).toEqual([{ name: 'java', folder: realpathSync(`${home}/jdk`) }]);
});

test('laid for root: hard links that everybody may enter, without the documentation; a new version is laid anew, what went away goes', () => {
  rust();
  const into = path.join(home, 'laid');
  ensureToolchains(into, find('.cargo/bin'), true);
  expect(readFileSync(path.join(into, 'rust/bin/cargo'), 'utf8')).toContain('stable/bin/cargo');
  expect(statSync(path.join(into, 'rust/bin/cargo')).ino).toBe(
    statSync(path.join(home, '.rustup/toolchains/stable/bin/cargo')).ino,
  );
  expect(existsSync(path.join(into, 'rust/share'))).toBe(false);
  const before = realpathSync(path.join(into, 'rust'));
  put('.rustup/toolchains/stable/bin/clippy-driver');
  ensureToolchains(into, find('.cargo/bin'), true);
  expect(realpathSync(path.join(into, 'rust'))).not.toBe(before);
  ensureToolchains(into, [], true);
  expect(readdirSync(into).filter((f) => !f.startsWith('.'))).toEqual([]);
});

test('laid for anybody else: a link to the folder', () => {
  rust();
  ensureToolchains(path.join(home, 'laid'), find('.cargo/bin'), false);
  expect(realpathSync(path.join(home, 'laid/rust'))).toBe(realpathSync(`${home}/.rustup/toolchains/stable`));
});
