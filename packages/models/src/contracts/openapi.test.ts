// The printed document, held against OpenAPI's own schema and against what a reader needs of it.
import { expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { requestOf } from './client.ts';
import { openApi } from './openapi.ts';
import { ROUTES, type Route } from './routes.ts';

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
}
const document = openApi() as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};

test('is OpenAPI 3.1', async () => {
  const validator = new Validator();
  const found = await validator.validate(structuredClone(document));
  expect(found.errors ?? []).toEqual([]);
  expect([found.valid, validator.version]).toEqual([true, '3.1']);
});

test('a document that is none is found out', async () => {
  const broken = structuredClone(document);
  delete (broken.paths['/api/chat']!.post as { responses?: unknown }).responses;
  (broken.paths['/api/chat']!.post as { parameters?: unknown }).parameters = [{ in: 'path' }];
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

test('has every route of the table once, under its own name, and every schema that it points to', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [operation.operationId, method.toUpperCase(), path]),
  );
  const routes: [string, Route][] = Object.entries(ROUTES);
  expect(operations.toSorted()).toEqual(
    routes.map(([name, route]) => [name, route.method, route.path]).toSorted(),
  );
  const named = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) =>
    ref!.replace('#/components/schemas/', ''),
  );
  expect(named.filter((name) => !Object.hasOwn(document.components.schemas, name))).toEqual([]);
});

test('a request by name has every parameter in its place', () => {
  expect(requestOf('decide', { id: 't-1/q 1', body: { decision: 'answer' } })).toEqual({
    method: 'POST',
    path: '/api/inbox/t-1%2Fq%201',
    body: { decision: 'answer' },
  });
  expect(requestOf('readOutput', { id: 'r', query: { from: 7 } }).path).toBe('/api/runs/r/output?from=7');
  expect(requestOf('listTasks', { query: { state: undefined } })).toEqual({
    method: 'GET',
    path: '/api/tasks',
    body: undefined,
  });
});
