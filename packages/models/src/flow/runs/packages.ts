// What the package clients of a sandbox and of a CI job are told, so that the gateway is their registry. Pure.

/**
 * Variables by which the operator's own package clients are set up: the gateway reads them, and nobody
 * else of ours is given them. They may
 * hold credentials.
 * @param name in any case
 */
export const isPackageSetting = (name: string): boolean =>
  /^(npm_config_.+|PIP_.+|GOPROXY|GONOSUMDB|GOPRIVATE|GOENV|NETRC|CARGO_HOME|BUNDLE_USER_HOME|APT_SOURCES|GATEWAY_REGISTRY_SECONDS|GATEWAY_PACKAGES_MIB|(https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|XDG_CONFIG_HOME)$/i.test(
    name,
  );

/** What only the gateway knows of the registries behind it, and a client has to be told. */
export interface PackageHints {
  /**
   * Whose addresses in lock files npm takes for its registry: those of npmjs, or all. "All" is for registries
   * of somebody's own, which a lock file may name; a dependency that is an address of its own can't be had
   * then.
   * @see https://docs.npmjs.com/cli/v11/using-npm/config#replace-registry-host
   */
  readonly npmReplaces: 'npmjs' | 'always';
  /** Modules that the operator's Go does not look up in the public checksum database. */
  readonly goNoSumDb: string;
}

/**
 * @param origin where the packages are, "http://127.0.0.1:8701"
 * @returns variables that clients read before any file of theirs
 */
export function packageEnvironment(origin: string, hints: PackageHints): Record<string, string> {
  return {
    // npm, Yarn 1, Bun and pnpm before 11 read the first.
    npm_config_registry: `${origin}/npm/`,
    pnpm_config_registry: `${origin}/npm/`,
    npm_config_replace_registry_host: hints.npmReplaces,
    // What they would ask a registry besides packages. The gateway takes names only, and answers for its
    // registry by itself.
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    YARN_NPM_REGISTRY_SERVER: `${origin}/npm`,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    COREPACK_NPM_REGISTRY: `${origin}/npm`,
    // Not uv: it writes the index that it is told into its lock file, and takes a lock file that names
    // another for outdated.
    PIP_INDEX_URL: `${origin}/pypi/simple/`,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    GOPROXY: `${origin}/go`,
    // Where Maven's wrapper finds Maven itself.
    MVNW_REPOURL: `${origin}/maven`,
    ...(hints.goNoSumDb === '' ? {} : { GONOSUMDB: hints.goNoSumDb }),
  };
}

/** @returns where the packages are, out of what `packageEnvironment` made; '' where there are none */
export const packagesIn = (env: Readonly<Record<string, string | undefined>>): string =>
  /^(http:\/\/127\.0\.0\.1:\d+)\/go$/.exec(env.GOPROXY ?? '')?.[1] ?? '';

/**
 * Cargo knows another source for crates.io only from a file. Its lock files stay what they are.
 * @param origin where the gateway's registries are, without a `/` at its end
 * @returns the text of `.cargo/config.toml`
 */
export const cargoConfig = (origin: string): string =>
  `[source.crates-io]\nreplace-with = "mainloop"\n\n[source.mainloop]\nregistry = "sparse+${origin}/crates/"\n`;

/** Maven before 3.9 knows another place for Maven Central only from its settings. */
const mavenSettings = (origin: string): string =>
  `<settings><mirrors><mirror><id>mainloop</id><mirrorOf>central</mirrorOf><url>${origin}/maven/</url></mirror></mirrors></settings>\n`;

/**
 * Bundler's own file. A lock file that names rubygems.org stays what it is. The path is the one that a set-up
 * installs to, below the project's Gemfile: `bundle exec` has to find it there, whoever runs it.
 */
const bundleConfig = (origin: string): string =>
  `---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: "${origin}/rubygems/"\nBUNDLE_PATH: "vendor/bundle"\n`;

/** RubyGems' own file, for `gem install`. */
const gemConfig = (origin: string): string => `---\n:sources:\n- ${origin}/rubygems/\n`;

/**
 * Gradle knows no other place for Maven Central and its plugins than what each build names, so an init script of ours
 * renames it there. What a build names besides it stays as it is. Java reads no proxy from the environment.
 * @see https://docs.gradle.org/current/userguide/init_scripts.html
 */
const gradleInit = (
  origin: string,
): string => `// Maven Central and Gradle's plugin portal are asked through mainloop's gateway.
def places = [
  'https://repo.maven.apache.org/maven2': '${origin}/maven/',
  'https://repo1.maven.org/maven2': '${origin}/maven/',
  'https://plugins.gradle.org/m2': '${origin}/gradle-plugins/',
]
def throughGateway = { repositories ->
  repositories.all { repository ->
    if (!(repository instanceof MavenArtifactRepository)) return
    def place = places[repository.url.toString().replaceAll('/+$', '')]
    if (place == null) return
    repository.url = new URI(place)
    // Before Gradle 6 there is no such property, and no need of it.
    if (repository.hasProperty('allowInsecureProtocol')) repository.allowInsecureProtocol = true
  }
}
settingsEvaluated { settings ->
  // A build that names no place for plugins means the portal.
  if (settings.pluginManagement.repositories.isEmpty()) settings.pluginManagement.repositories.gradlePluginPortal()
  throughGateway(settings.pluginManagement.repositories)
  if (settings.hasProperty('dependencyResolutionManagement'))
    throughGateway(settings.dependencyResolutionManagement.repositories)
}
allprojects { project ->
  throughGateway(project.buildscript.repositories)
  throughGateway(project.repositories)
}
`;

/**
 * Files of a home folder that clients read, by their path in it; those of somebody's own stay.
 * @param origin where the gateway's registries are, without a `/` at its end
 * @returns path -> text
 */
export const homeSettings = (origin: string): Readonly<Record<string, string>> => ({
  '.m2/settings.xml': mavenSettings(origin),
  '.bundle/config': bundleConfig(origin),
  '.gemrc': gemConfig(origin),
  '.gradle/init.d/mainloop.gradle': gradleInit(origin),
});
