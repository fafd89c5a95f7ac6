// Which part of the house may know which (docs/architecture.md). A planted break of each rule is tried in tools/boundaries.test.ts.
const CODE = { pathNot: '\\.(test|spec)\\.ts$' }; // tests may reach further than code
const mayOnlyUse = (name, path, allowed, { typesAreFree = false } = {}) => ({
  name,
  severity: 'error',
  from: { path, ...CODE },
  to: { pathNot: allowed, ...(typesAreFree ? { dependencyTypesNot: ['type-only'] } : {}) },
});
const mustNotUse = (name, from, to) => ({ name, severity: 'error', from: { ...CODE, ...from }, to });

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    mayOnlyUse('flow-imports-nothing', '^packages/models/src/flow', ['^packages/models/src/flow']),
    mayOnlyUse('contracts-know-flow-and-zod', '^packages/models/src/contracts', [
      '^packages/models/src/(contracts|flow)',
      'node_modules/zod',
    ]),
    mayOnlyUse('events-know-flow-and-zod', '^packages/models/src/events', [
      '^packages/models/src/(events|flow)',
      'node_modules/zod',
    ]),
    mayOnlyUse('workflow-file-knows-flow-and-its-parsers', '^packages/models/src/workflow-file', [
      '^packages/models/src/(workflow-file|flow)',
      'node_modules/(yaml|liquidjs)/',
    ]),
    mayOnlyUse(
      'workflows-are-sealed',
      '^apps/worker/src/workflows',
      ['^apps/worker/src/workflows', '^packages/models/src/flow', '@temporalio/(workflow|common)'],
      { typesAreFree: true },
    ),
    mustNotUse(
      'activities-see-ports-not-vendors',
      { path: '^apps/worker/src/activities' },
      { path: '^packages/adapters/src/[^/]+/(?!port|schema)', dependencyTypesNot: ['type-only'] },
    ),
    mustNotUse(
      'adapters-stand-alone',
      { path: '^packages/adapters/src/([^/]+)/' },
      {
        path: '^(apps/|packages/models/src/db|packages/adapters/src/)',
        pathNot: '^packages/adapters/src/$1/',
      },
    ),
    mustNotUse('logs-know-nobody', { path: '^packages/logs' }, { path: '^(apps|packages/(?!logs))' }),
    // What guards all listeners: whoever listens uses it, and it knows only the decisions.
    mustNotUse(
      'network-knows-decisions',
      { path: '^packages/network' },
      { path: '^(apps|packages/(?!network|models/src/flow))' },
    ),
    mustNotUse(
      'models-look-down-only',
      { path: '^packages/models' },
      { path: '^(apps|packages/(adapters|testkit))' },
    ),
    mustNotUse(
      'api-has-no-hands',
      { path: '^apps/api' },
      { path: '^(apps/(?!api)|packages/adapters/src/(?!model|embedder))' },
    ),
    mustNotUse(
      'web-sees-contracts',
      { path: '^apps/web' },
      {
        path: '^(apps/(api|worker|gateway|runner|cli|demo)|packages/(adapters|testkit)|packages/models/src/db/(?!read|generated))',
      },
    ),
    mustNotUse(
      'gateway-has-no-hands',
      { path: '^apps/gateway' },
      { path: '^(apps/(?!gateway)|packages/adapters)' },
    ),
    mustNotUse(
      'runner-knows-only-the-agent',
      { path: '^apps/runner' },
      { path: '^(apps/(?!runner)|packages/models/src/db|packages/adapters/src/(?!agent))' },
    ),
    mustNotUse(
      'cli-speaks-contracts',
      { path: '^apps/cli' },
      { path: '^(apps/(?!cli)|packages/models/src/db|packages/adapters)' },
    ),
    mustNotUse(
      'mcp-speaks-contracts',
      { path: '^packages/mcp' },
      { path: '^(apps|packages/(?!mcp|models/src/(contracts|flow)))' },
    ),
    // The demo stands where GitHub and Anthropic would: it may confine its CI like an agent, and knows nothing else of ours.
    mustNotUse(
      'demo-is-outside',
      { path: '^apps/demo' },
      { path: '^(apps/(?!demo)|packages/models/src/db|packages/adapters/src/(?!sandbox))' },
    ),
    mustNotUse(
      'testkit-is-for-tests',
      { pathNot: ['\\.(test|spec)\\.ts$', '^packages/testkit', '^e2e', '^tools', '^bench'] },
      { path: '^packages/testkit' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true, // count `import type` too
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(build|dist|[.]svelte-kit|generated)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
