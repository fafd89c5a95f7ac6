import { expect, test } from '@jest/globals';
import { covers, SCOPES, strictest, type Scope } from '../flow/machine/scopes.ts';
import { requestOf } from './client.ts';
import { ROUTES, type Route, type RouteName } from './routes.ts';
import { NEEDS, scopeNeeded } from './scopes.ts';
import { NewToken } from './tokens.ts';

const names = Object.keys(ROUTES) as RouteName[];
const pathOf = (name: RouteName): string => ROUTES[name].path.replace(/\{\w+\}/g, 'x-1');

test('every route says what it needs, and a request to it is known by its place', () => {
  expect(Object.keys(NEEDS).toSorted()).toEqual(names.toSorted());
  for (const name of names) {
    const needs = NEEDS[name];
    expect([name, scopeNeeded(ROUTES[name].method, pathOf(name))]).toEqual([
      name,
      needs === 'open' ? 'read' : needs,
    ]);
  }
});

test('what only looks changes nothing, and whatever changes something needs more than to look', () => {
  for (const name of names) {
    const { method }: Route = ROUTES[name];
    if (NEEDS[name] === 'read') expect([name, method]).toEqual([name, 'GET']);
    if (method !== 'GET' && NEEDS[name] !== 'open') expect([name, NEEDS[name]]).not.toEqual([name, 'read']);
    if (method === 'DELETE')
      expect([name, ['decide', 'admin']]).toEqual([name, expect.arrayContaining([NEEDS[name]])]);
  }
});

test('what proposes starts nothing: no route that starts, decides or spends is among those', () => {
  expect(names.filter((name) => NEEDS[name] === 'propose').toSorted()).toEqual([
    'initProject',
    'keepAttachment',
    'keepDraft',
    'proposeTask',
    'runSkill',
    'sendMessage',
    'stopReply',
    'tryAutomation',
    'tryGuardrails',
    'whyAutomation',
  ]);
  expect(names.filter((name) => NEEDS[name] === 'open').toSorted()).toEqual([
    'getHealth',
    'getMetrics',
    'getSignIn',
    'takeWebhook',
  ]);
});

test.each<[string, string, Scope]>([
  ['GET', '/mcp', 'read'],
  ['POST', '/mcp', 'read'],
  ['HEAD', '/api/tasks', 'read'],
  ['GET', '/docs', 'read'],
  ['GET', '/openapi.json', 'read'],
  ['GET', '/api/tasks/a%2Fb', 'read'],
  // Whatever a router may still take for one of ours is not known here, and needs all there is.
  ['GET', '/API/tasks', 'admin'],
  ['GET', '/api/tasks/', 'admin'],
  ['GET', '//api/tasks', 'admin'],
  ['POST', '/api/tasks/x/say/', 'admin'],
  ['PUT', '/api/tasks', 'admin'],
  ['POST', '/mcp/', 'admin'],
  ['GET', '/api/none', 'admin'],
  ['', '', 'admin'],
])('%s %s needs %s', (method, path, needs) => expect(scopeNeeded(method, path)).toBe(needs));

test('each scope may do what those before it may, and no more', () => {
  for (const [i, has] of SCOPES.entries())
    for (const [j, needs] of SCOPES.entries()) expect(covers(has, needs)).toBe(i >= j);
  expect(strictest(['propose', 'admin', 'read'])).toBe('admin');
  expect(strictest([])).toBeNull();
});

test('a token lasts a year at most', () => {
  const named = { name: 'a program', scope: 'read' };
  expect(NewToken.parse(named).days).toBe(90);
  expect(NewToken.safeParse({ ...named, days: 366 }).success).toBe(true);
  for (const days of [0, 367, 1.5, Infinity, null])
    expect(NewToken.safeParse({ ...named, days }).success).toBe(false);
});

test('a name with a slash in it stays in its place', () => {
  const { method, path } = requestOf('removeSkill', { name: 'a/../tasks' });
  expect(scopeNeeded(method, path)).toBe('admin');
});
