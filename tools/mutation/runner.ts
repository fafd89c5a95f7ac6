// A test runner for Stryker that keeps the tests in its own process: a decision takes microseconds, and
// starting jest for each of two thousand mutants takes a second (measured: 1.1 s of CPU a mutant with
// Stryker's jest runner, 0.5 s with its runner for vitest).
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { existsSync, globSync } from 'node:fs';
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
  type DryRunResult,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
} from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import { collect, type CollectedTest } from './globals.ts';
import { TESTS } from './what.ts';

const TREE = new URL('../../', import.meta.url).href;
const GLOBALS = new URL('./globals.ts', import.meta.url).href;
/** Where instrumented code looks for the mutant that is on, and counts what it ran. */
const context = ((globalThis as unknown as Record<string, InstrumenterContext>)[
  INSTRUMENTER_CONSTANTS.NAMESPACE
] ??= {});

// A property that a change breaks shows it in a few tries; those of a whole run would be paid for each change
// that nothing notices.
fc.configureGlobal({ numRuns: 25, seed: 1 });

class DecisionRunner implements TestRunner {
  static readonly inject = [] as const;
  private tests: CollectedTest[] = [];
  private generation = 0;
  private readonly sandbox = pathToFileURL(`${process.cwd()}${path.sep}`).href;

  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    registerHooks({
      resolve: (specifier, at, next) => {
        if (specifier === '@jest/globals')
          return { url: GLOBALS, format: 'module-typescript', shortCircuit: true };
        let found = next(specifier, at);
        // Our packages are links to where the tree stands, and what is changed is its copy.
        if (
          found.url.startsWith(TREE) &&
          !found.url.startsWith(this.sandbox) &&
          !found.url.includes('/node_modules/')
        ) {
          const copy = this.sandbox + found.url.slice(TREE.length);
          if (existsSync(new URL(copy))) found = { ...found, url: copy };
        }
        // A module is loaded once for each address: another generation, another address.
        const ours = found.url.startsWith(this.sandbox) && !found.url.includes('/node_modules/');
        return ours ? { ...found, url: `${found.url}?generation=${this.generation}` } : found;
      },
    });
  }

  async dryRun(): Promise<DryRunResult> {
    try {
      await this.load();
    } catch (err) {
      return { status: DryRunStatus.Error, errorMessage: String((err as Error).stack) };
    }
    const tests = await this.run(this.tests, false);
    return {
      status: DryRunStatus.Complete,
      tests,
      mutantCoverage: context.mutantCoverage ?? { static: {}, perTest: {} },
    };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    context.activeMutant = options.mutantActivation === 'static' ? options.activeMutant.id : undefined;
    context.hitCount = options.hitLimit === undefined ? undefined : 0;
    context.hitLimit = options.hitLimit;
    if (options.reloadEnvironment || this.tests.length === 0) {
      try {
        await this.load();
      } catch (err) {
        // A mutant that a file can't be loaded with is one that every test notices.
        return toMutantRunResult({
          status: DryRunStatus.Complete,
          tests: [failed({ id: 'load', name: 'load' }, err)],
        });
      }
    }
    context.activeMutant = options.activeMutant.id;
    const wanted = options.testFilter === undefined ? null : new Set(options.testFilter);
    const results = await this.run(
      wanted === null ? this.tests : this.tests.filter((t) => wanted.has(t.id)),
      !options.disableBail,
    );
    context.activeMutant = undefined;
    const tooLong = determineHitLimitReached(context.hitCount, options.hitLimit);
    return toMutantRunResult(tooLong ?? { status: DryRunStatus.Complete, tests: results });
  }

  private async load(): Promise<void> {
    this.generation++;
    this.tests = [];
    for (const file of TESTS.flatMap((p) => globSync(p)).sort())
      this.tests.push(...(await collect(file, () => import(pathToFileURL(path.resolve(file)).href))));
  }

  private async run(tests: readonly CollectedTest[], bail: boolean): Promise<TestResult[]> {
    const results: TestResult[] = [];
    for (const test of tests) {
      context.currentTestId = test.id;
      const startedMs = performance.now();
      const is = { id: test.id, name: test.name, fileName: path.resolve(test.file) };
      try {
        await test.run();
        results.push({ ...is, status: TestStatus.Success, timeSpentMs: performance.now() - startedMs });
      } catch (err) {
        results.push({ ...failed(is, err), timeSpentMs: performance.now() - startedMs });
        if (bail) break;
      }
    }
    context.currentTestId = undefined;
    return results;
  }
}

function failed(test: { id: string; name: string; fileName?: string }, err: unknown): TestResult {
  return {
    ...test,
    status: TestStatus.Failed,
    timeSpentMs: 0,
    failureMessage: err instanceof Error ? err.message : String(err),
  };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'decisions', DecisionRunner)];
