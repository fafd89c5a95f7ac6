// Real projects that nobody here wrote, out of registries that publish their tests with them. Each is one
// version, and known by its hash.

export interface CorpusProject {
  readonly name: string;
  /** Where it comes from: "npm fastq 1.17.1". */
  readonly what: string;
  readonly url: string;
  /** Of the archive, in hexadecimal. */
  readonly sha256: string;
  /** How many leading folders of the archive stand for the project itself. */
  readonly strip: number;
  /** What its own people run to test it. */
  readonly tests: string;
}

const npm = (name: string, version: string, sha256: string, tests: string): CorpusProject => ({
  name,
  what: `npm ${name} ${version}`,
  url: `https://registry.npmjs.org/${name}/-/${name}-${version}.tgz`,
  sha256,
  strip: 1,
  tests,
});

const pypi = (name: string, version: string, at: string, sha256: string, tests: string): CorpusProject => ({
  name,
  what: `PyPI ${name} ${version}`,
  url: `https://files.pythonhosted.org/packages/${at}/${name}-${version}.tar.gz`,
  sha256,
  strip: 1,
  tests,
});

const go = (module: string, version: string, sha256: string, tests = 'go test ./...'): CorpusProject => ({
  name: module.split('/').at(-1)!,
  what: `Go ${module} ${version}`,
  url: `https://proxy.golang.org/${module}/@v/v${version}.zip`,
  sha256,
  strip: module.split('/').length,
  tests,
});

/** Apache's own archives of sources stand beside what they release. */
const maven = (group: string, name: string, version: string, sha256: string): CorpusProject => ({
  name,
  what: `Maven ${group}:${name} ${version}`,
  url: `https://repo.maven.apache.org/maven2/${group.replaceAll('.', '/')}/${name}/${version}/${name}-${version}-source-release.zip`,
  sha256,
  strip: 1,
  tests: 'mvn --batch-mode --quiet test',
});

const crate = (name: string, version: string, sha256: string): CorpusProject => ({
  name,
  what: `crates.io ${name} ${version}`,
  url: `https://static.crates.io/crates/${name}/${name}-${version}.crate`,
  sha256,
  strip: 1,
  tests: 'cargo test',
});

export const CORPUS: readonly CorpusProject[] = [
  npm(
    'fastq',
    '1.17.1',
    '34d85b0a03678dbc66b1b8fa4216041d79b1374abe22e14862cd0fdf6a065a4f',
    'npm run legacy',
  ),
  npm(
    'minimist',
    '1.2.8',
    '350a76c115b393c19d24654834261e5dc9f0e8cc5e08f3937fa80140f3e4ce83',
    'npm run tests-only',
  ),
  npm(
    'object-inspect',
    '1.13.4',
    '8324967a3afd8a45b0401e3554aebc1843f493bec46a89a7ce8cf072e62e90bf',
    'npm run tests-only',
  ),
  npm(
    'resolve',
    '1.22.10',
    '46ecc1f3f578dcfd932bedea833fa9a4aeb52a9c417992235101108a91314ab5',
    'npm run tests-only',
  ),
  npm(
    'qs',
    '6.13.0',
    'abffeabbdedc8e466c1bd75227e14ceb76e77f61be475dfcee0d3bbe6dd608fd',
    'npm run tests-only',
  ),
  pypi(
    'packaging',
    '24.2',
    'd0/63/68dbb6eb2de9cb10ee4c9c14a0148804425e13c4fb20d61cce69f53106da',
    'c228a6dc5e932d346bc5739379109d49e8853dd8223571c7c5b55260edc0b97f',
    '.venv/bin/python -m pytest -q',
  ),
  pypi(
    'more-itertools',
    '10.5.0',
    '51/78/65922308c4248e0eb08ebcbe67c95d48615cc6f27854b6f2e57143e9178f',
    '5482bfef7849c25dc3c6dd53a6173ae4795da2a41a80faea6700d9f5846c5da6',
    'python3 -m unittest -q',
  ),
  pypi(
    'itsdangerous',
    '2.2.0',
    '9c/cb/8ac0172223afbccb63986cc25049b154ecfb5e85932587206f42317be31d',
    'e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173',
    '.venv/bin/python -m pytest -q',
  ),
  go('github.com/google/uuid', '1.6.0', 'd0f02f377217f42702e259684e06441edbf5140dddcc34ba9bea56038b38a6ed'),
  go('github.com/spf13/pflag', '1.0.5', 'fc6e704f2f6a84ddcdce6de0404e5340fa20c8676181bf5d381b17888107ba84'),
  go('github.com/spf13/cast', '1.7.1', 'ff1732498075dcb9da29be52202f3d7c8561e559480586f5e08617daf8d514f6'),
  crate('itoa', '1.0.14', 'd75a2a4b1b190afb6f5425f10f6a8f959d2ea0b9c2b1d79553551850539e4674'),
  crate('semver', '1.0.24', '3cb6eb87a131f756572d7fb904f6e7b68633f09cca868c5df1c4b8d1a694bbba'),
  go(
    'github.com/gorilla/mux',
    '1.8.1',
    '728243623caa67f64e4a0b6c59dde3f762918d9e729266167ba46d8df56c193a',
    'make test || go test ./...',
  ),
  crate('memoffset', '0.9.1', '488016bfae457b036d996092f6cb448677611ce4449e970ceaf42695203f218a'),
  pypi(
    'structlog',
    '24.4.0',
    '78/a3/e811a94ac3853826805253c906faa99219b79951c7d58605e89c79e65768',
    'b27bfecede327a6d2da5fbc96bd859f114ecc398a6389d664f62085ee7ae6fc4',
    '.venv/bin/python -m pytest -q',
  ),
  maven(
    'org.apache.maven.shared',
    'maven-shared-utils',
    '3.4.2',
    '0b72bbf60911e17398e9c0ce29866e4f13a26e8da4aa2e8304e73152ac4d4ef3',
  ),
];
