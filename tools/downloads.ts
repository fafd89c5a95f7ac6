// A step of `make check`: no place downloads anything that tools/pins.ts does not name, and no image is taken
// by a tag alone.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DOWNLOADS, HANDED_ON, IMAGES } from './pins.ts';

/** What brings something from elsewhere, in text without quotes, brackets and commas. The first two words name it. */
const COMMANDS = [
  /\b(?<a>npm) (?:-[-\w=]+ )*(?<b>ci|install|i|add|exec|update)\b/g,
  /\b(?<a>npx|bunx|yarn) (?<b>[-@\w]+)/g,
  /\b(?<a>pnpm) (?:-[-\w=]+ )*(?<b>install|i|add|dlx|update)\b/g,
  /\b(?<a>pip3?) (?<b>download|install)\b/g,
  /\b(?<a>go) (?<b>install|get|build|run)\b/g,
  /\b(?<a>apt-get|apt) (?:-[-\w=]+ )*(?<b>install)\b/g,
  /\b(?<a>cargo|gem) (?<b>install)\b/g,
  /\b(?<a>debootstrap|mmdebstrap) (?=--)/g,
  /\b(?<a>curl|wget) (?:[^\n;|&]*? )?(?<b>https?:\/\/(?!127\.|localhost|\$)[-.\w]+)/g,
  /\b(?<a>docker|podman|crane|skopeo) (?<b>pull)\b/g,
];
/** `# comment`, `// comment` and the inside of a block comment say what somebody else may do. */
const withoutComments = (text: string): string => text.replace(/^\s*(?:\/\/|#|\*|\/\*\*?).*$/gm, '');

/** @returns one sentence for each download that nothing holds; `command` of a download is its first two words */
export function unheld(file: string, text: string): string[] {
  const plain = withoutComments(text).replace(/['"`[\],\s]+/g, ' ');
  const found = new Set<string>();
  for (const command of COMMANDS)
    for (const match of plain.matchAll(command))
      found.add([match.groups!.a, match.groups!.b].filter(Boolean).join(' '));
  const wrong = [...found]
    .filter((command) => !DOWNLOADS.some((d) => d.file === file && d.command === command))
    .map(
      (command) =>
        `${file} downloads with "${command}", and no row of DOWNLOADS in tools/pins.ts says what holds that.`,
    );
  if (/\bnpm ci (?!.{0,60}--ignore-scripts)/.test(plain))
    wrong.push(`${file} lets npm run install scripts: say --ignore-scripts.`);
  if (/\bpnpm install (?!.{0,60}--frozen-lockfile)/.test(plain))
    wrong.push(`${file} lets pnpm write another lockfile: say --frozen-lockfile.`);
  if (/\bdebootstrap (?!--force-check-gpg)--/.test(plain))
    wrong.push(`${file} takes packages that nobody signed: say --force-check-gpg.`);
  const made = HANDED_ON.includes(file) ? plain.replaceAll('GONOSUMDB', '') : plain;
  if (
    /\b(?:allow-unauthenticated|AllowInsecure|GONOSUMDB|GOINSECURE|trusted-host|strict-ssl=false)\b/.test(
      made,
    )
  )
    wrong.push(`${file} turns off the check of a download.`);
  return [...wrong, ...images(file, text)];
}

/**
 * Images by their digest: ours (which kustomize names) and those built on this machine (which no registry
 * serves) aside.
 */
function images(file: string, text: string): string[] {
  if (!/\.ya?ml$|^docker\//.test(file)) return [];
  const named = file.startsWith('docker/')
    ? [...text.matchAll(/^(?:FROM|ARG BASE=)\s*(\S+)/gm)]
        .map((m) => m[1]!)
        .filter((i) => !i.startsWith('${') && !isStage(text, i))
    : [...withoutComments(text).matchAll(/^\s*(?:- )?image: ['"]?([^\s'"]+)/gm)].map((m) => m[1]!);
  const wrong = named
    .filter((i) => !/^(mainloop|mainloop-agent:latest|localhost\/mainloop-[a-z]+:test)$/.test(i))
    .filter((i) => !(Object.values(IMAGES) as string[]).includes(i))
    .map((i) => `${file} takes the image ${i}, which is not in IMAGES of tools/pins.ts with a digest.`);
  const tagged = /newName: (?!localhost\/)(\S+), newTag:/.exec(text);
  return tagged === null
    ? wrong
    : [...wrong, `${file} takes the image ${tagged[1]} by a tag: give its digest.`];
}
const isStage = (text: string, name: string): boolean => new RegExp(`^FROM .* AS ${name}$`, 'm').test(text);

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const LOOKED_AT = /^(apps|packages|tools|docker|e2e|bench|k8s|\.ci)\/|^Makefile$|^package\.json$/;
/**
 * Texts that talk of downloads and make none: seeds and stories of the demo, hints on the page and in a
 * sentence, tests, which bring nothing, and the set-up of other people's repositories, which their lock files
 * hold and which runs in their sandbox.
 */
const ONLY_WORDS =
  /\.(test|spec)\.ts$|^e2e\/|^apps\/demo\/(seed|src\/model)\/|^apps\/web\/src\/|^apps\/cli\/src\/up\/kit\.ts$|^packages\/models\/src\/flow\/runs\/setup\.ts$|lock\.(json|yaml)$|\.(md|png|sum)$|^tools\/(pins|downloads)\.ts$/;

/** @returns one sentence for each download in the tree that nothing holds, and each row that no place needs any more */
export function unheldInTree(): string[] {
  const files = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
    .stdout.split('\0')
    .filter((f) => LOOKED_AT.test(f) && !ONLY_WORDS.test(f));
  const texts = new Map(files.flatMap((f) => tried(f)));
  const stale = DOWNLOADS.filter(
    (download) =>
      !withoutComments(texts.get(download.file) ?? '')
        .replace(/['"`[\],\s]+/g, ' ')
        .includes(download.command.split(' ')[0]!),
  );
  return [
    ...[...texts].flatMap(([file, text]) => unheld(file, text)),
    ...stale.map((d) => `${d.file} does not run "${d.command}" any more: take its row out of tools/pins.ts.`),
  ];
}
/** A file that git lists and somebody has just deleted is no file. */
function tried(file: string): [string, string][] {
  try {
    return [[file, readFileSync(path.join(root, file), 'utf8')]];
  } catch {
    // Deleted, and git does not know it yet.
    return [];
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = unheldInTree();
  for (const problem of wrong) console.log(problem);
  process.exit(wrong.length === 0 ? 0 : 1);
}
