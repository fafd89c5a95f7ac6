export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/{apps,packages,tools}/**/*.test.ts', '<rootDir>/e2e/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/apps/demo/seed/', '/build/', '/dist/'],
  modulePathIgnorePatterns: ['/build/', '/dist/', '/.svelte-kit/'],
  moduleNameMapper: { '^#lib/(.*)$': '<rootDir>/apps/web/src/lib/$1' },
  transform: {
    // swcrc: the api has one for its own build, and it rewrites import endings.
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  // Only what hangs is ended by it: a busy machine is no reason to fail, and a wait for a fact has a limit and a name of its own (until).
  testTimeout: 600_000,
};
