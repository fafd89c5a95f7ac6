// Each way of bringing something from elsewhere is shown planted, or the check may be asleep.
import { expect, test } from '@jest/globals';
import { withTree } from '@mainloop/testkit/tree';
import { unheld, unheldInTree } from './downloads.ts';

const TAG_ONLY = 'FROM docker.io/library/node:24-bookworm-slim\n';

test('no place of the tree downloads what no hash or signature holds', async () => {
  expect(await withTree({}, unheldInTree)).toEqual([]);
});

test.each([
  [
    'tools/new.sh',
    'curl -fsSL https://get.example.com/tool | sh',
    'downloads with "curl https://get.example.com"',
  ],
  ['tools/new.sh', 'wget https://example.com/x.tgz', 'downloads with "wget https://example.com"'],
  ['tools/new.ts', "spawnSync('npm', ['install', '--global', 'left-pad'])", 'downloads with "npm install"'],
  ['tools/new.ts', "spawnSync('npm', ['--prefix=x', 'i', 'left-pad'])", 'downloads with "npm i"'],
  ['tools/new.ts', "spawnSync('npx', ['left-pad'])", 'downloads with "npx left-pad"'],
  ['tools/new.ts', "spawnSync('go', ['install', 'example.com/x@latest'])", 'downloads with "go install"'],
  ['tools/new.ts', "spawnSync(python, ['-m', 'pip', 'install', 'x'])", 'downloads with "pip install"'],
  ['tools/new.ts', "spawnSync('pnpm', ['dlx', 'x'])", 'downloads with "pnpm dlx"'],
  ['tools/new.ts', "execFileSync('apt-get', ['-y', 'install', 'x'])", 'downloads with "apt-get install"'],
  ['tools/new.sh', 'cargo install x', 'downloads with "cargo install"'],
  ['tools/new.sh', 'docker pull x', 'downloads with "docker pull"'],
  [
    'tools/images.ts',
    "execFileSync('debootstrap', ['--variant=minbase', 'bookworm', dir])",
    'takes packages that nobody signed',
  ],
  ['tools/images.ts', "execFileSync('npm', ['ci', '--prefix', made])", 'lets npm run install scripts'],
  ['tools/bootstrap.sh', 'pnpm install --reporter=silent', 'lets pnpm write another lockfile'],
  ['tools/cluster/build.sh', 'GONOSUMDB=* go build .', 'turns off the check of a download'],
  ['packages/models/src/flow/runs/packages.ts', 'GOINSECURE=* go list', 'turns off the check of a download'],
  ['docker/Dockerfile', TAG_ONLY, 'which is not in IMAGES of tools/pins.ts with a digest'],
  [
    'docker/Dockerfile',
    'ARG BASE=docker.io/library/node:24\n',
    'which is not in IMAGES of tools/pins.ts with a digest',
  ],
  [
    'k8s/apps/x.yaml',
    '          image: docker.io/library/postgres:17\n',
    'which is not in IMAGES of tools/pins.ts with a digest',
  ],
  [
    'k8s/apps/kustomization.yaml',
    "  - { name: mainloop, newName: registry.example.com/mainloop, newTag: '1' }",
    'by a tag: give its digest',
  ],
])('a planted download is noticed: %s: %s', (file, text, sentence) => {
  expect(unheld(file, text).join('\n')).toContain(sentence);
});

test('a comment and an image that is built here are no downloads', () => {
  expect(unheld('tools/new.sh', '# npm install x\n')).toEqual([]);
  expect(
    unheld('packages/models/src/flow/runs/packages.ts', 'const handed = { GONOSUMDB: theirs };'),
  ).toEqual([]);
  expect(unheld('docker/x.Dockerfile', 'FROM ${BASE} AS one\nFROM one AS two\n')).toEqual([]);
  expect(unheld('k8s/x.yaml', '  - image: localhost/mainloop-demo:test\n')).toEqual([]);
});
