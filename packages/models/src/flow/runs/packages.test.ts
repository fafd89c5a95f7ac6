import { expect, test } from '@jest/globals';
import { cargoConfig, homeSettings, isPackageSetting, packageEnvironment, packagesIn } from './packages.ts';

test.each([
  ['npm_config_registry', true],
  ['npm_config_//r.example/:_authToken', true],
  ['PIP_INDEX_URL', true],
  ['GOPROXY', true],
  ['CARGO_HOME', true],
  ['https_proxy', true],
  ['HTTPS_PROXY', true],
  ['NODE_EXTRA_CA_CERTS', true],
  ['GATEWAY_REGISTRY_SECONDS', true],
  ['GATEWAY_PACKAGES_MIB', true],
  ['GATEWAY_DATABASE_URL', false],
  ['NODE_OPTIONS', false],
  ['PATH', false],
  ['HOME', false],
  ['npm_package_name', false],
  ['AWS_SECRET_ACCESS_KEY', false],
  ['X_GOPROXY', false],
])('%s is about packages: %s', (name, is) => {
  expect(isPackageSetting(name)).toBe(is);
});

const ORIGIN = 'http://127.0.0.1:8701';
test('clients are told where their registry is, and of no credential', () => {
  const env = packageEnvironment(ORIGIN, { npmReplaces: 'npmjs', goNoSumDb: '' });
  for (const name of [
    'npm_config_registry',
    'pnpm_config_registry',
    'YARN_NPM_REGISTRY_SERVER',
    'PIP_INDEX_URL',
    'GOPROXY',
  ])
    expect({ name, at: env[name]?.startsWith(`${ORIGIN}/`) }).toEqual({ name, at: true });
  expect(JSON.stringify(env) + cargoConfig(ORIGIN)).not.toMatch(/token|auth|@127/i);
  expect(cargoConfig(ORIGIN)).toContain(`registry = "sparse+${ORIGIN}/crates/"`);
});

test('Go is told what not to look up only where its operator said so', () => {
  const of = (goNoSumDb: string): string | undefined =>
    packageEnvironment(ORIGIN, { npmReplaces: 'always', goNoSumDb }).GONOSUMDB;
  expect(of('')).toBeUndefined();
  expect(of('*.corp.example')).toBe('*.corp.example');
});

test('whoever runs in a place finds the packages by what clients are told', () => {
  const env = packageEnvironment(ORIGIN, { npmReplaces: 'always', goNoSumDb: '' });
  expect(packagesIn(env)).toBe(ORIGIN);
  expect(packagesIn({ GOPROXY: 'https://proxy.golang.org' })).toBe('');
  expect(packagesIn({})).toBe('');
});

test('Gradle is told the gateway for Maven Central and its plugins alone, and knows it by its own script', () => {
  const script = homeSettings(ORIGIN)['.gradle/init.d/mainloop.gradle']!;
  expect(script).toContain(`'https://repo.maven.apache.org/maven2': '${ORIGIN}/maven/'`);
  expect(script).toContain(`'https://plugins.gradle.org/m2': '${ORIGIN}/gradle-plugins/'`);
  // Groovy takes a dollar within double quotes for its own, and a backslash for the next sign.
  expect(script).toContain("replaceAll('/+$', '')");
  expect(script).not.toMatch(/["`\\]/);
});
