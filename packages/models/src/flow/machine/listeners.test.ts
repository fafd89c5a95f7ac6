import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  admit,
  clientOf,
  listenerOf,
  isLoopbackAddress,
  nameOf,
  type RequestHead,
  whyNotOpen,
} from './listeners.ts';

const page = listenerOf({ address: '127.0.0.1', publicUrl: null, pages: 'served' });
const signedIn = listenerOf({
  address: '127.0.0.1',
  publicUrl: 'https://mainloop.example.com',
  pages: 'served',
});
const service = listenerOf({ address: '127.0.0.1', publicUrl: null, pages: 'none' });
const api = listenerOf({
  address: '127.0.0.1',
  publicUrl: 'https://mainloop.example.com',
  pages: 'elsewhere',
});
const inPod = listenerOf({
  address: '0.0.0.0',
  publicUrl: 'https://mainloop.example.com',
  names: ['api'],
  pages: 'none',
});
const head = (o: Partial<RequestHead> = {}): RequestHead => ({
  method: 'GET',
  hosts: ['localhost:3000'],
  origins: [],
  fetchSite: null,
  isForwarded: false,
  ...o,
});
const says = (listener: typeof page, o: Partial<RequestHead>): string => {
  const admission = admit(listener, head(o));
  return admission.ok ? 'in' : admission.code;
};

test.each([
  ['localhost:3000', 'in', 'in', 'foreign_host'],
  ['LOCALHOST', 'in', 'in', 'foreign_host'],
  ['127.0.0.1:8000', 'in', 'in', 'in'],
  ['[::1]:8000', 'in', 'in', 'in'],
  ['10.1.2.3:8000', 'foreign_host', 'foreign_host', 'in'],
  ['mainloop.example.com', 'foreign_host', 'in', 'foreign_host'],
  ['api:8000', 'foreign_host', 'foreign_host', 'in'],
  ['evil.example', 'foreign_host', 'foreign_host', 'foreign_host'],
  ['127.0.0.1.nip.io', 'foreign_host', 'foreign_host', 'foreign_host'],
  ['127.evil.example', 'foreign_host', 'foreign_host', 'foreign_host'],
  ['localhost.', 'foreign_host', 'foreign_host', 'foreign_host'],
  ['localhost@evil.example', 'foreign_host', 'foreign_host', 'foreign_host'],
  ['localhost:3000:3000', 'foreign_host', 'foreign_host', 'foreign_host'],
  ['constructor', 'foreign_host', 'foreign_host', 'foreign_host'],
  ['', 'no_host', 'no_host', 'no_host'],
])('host %s: on this machine %s, with a sign-in %s, in a pod %s', (host, local, withSignIn, pod) => {
  expect([page, signedIn, inPod].map((d) => says(d, { hosts: [host] }))).toEqual([local, withSignIn, pod]);
});

test('two hosts are no host', () => {
  expect(says(page, { hosts: ['localhost', 'localhost'] })).toBe('no_host');
  expect(says(page, { hosts: [] })).toBe('no_host');
});

test.each([
  ['GET', [], null, 'in', 'in', 'in'],
  ['GET', [], 'cross-site', 'in', 'in', 'in'], // a link on another page
  ['GET', ['https://evil.example'], 'cross-site', 'foreign_origin', 'foreign_origin', 'foreign_origin'],
  ['POST', [], null, 'in', 'in', 'in'], // no browser
  ['POST', ['null'], null, 'foreign_origin', 'foreign_origin', 'foreign_origin'],
  ['POST', [], 'cross-site', 'foreign_origin', 'foreign_origin', 'foreign_origin'],
  ['POST', [], 'same-site', 'foreign_origin', 'foreign_origin', 'foreign_origin'],
  ['DELETE', ['http://localhost:3000'], 'same-origin', 'in', 'foreign_origin', 'foreign_origin'],
  ['POST', ['http://localhost:9999'], 'same-site', 'foreign_origin', 'foreign_origin', 'foreign_origin'],
  ['POST', ['https://localhost:3000'], null, 'foreign_origin', 'foreign_origin', 'foreign_origin'],
  ['POST', ['https://mainloop.example.com'], 'same-origin', 'foreign_origin', 'in', 'foreign_origin'],
  [
    'POST',
    ['http://localhost:3000', 'https://evil.example'],
    null,
    'foreign_origin',
    'foreign_origin',
    'foreign_origin',
  ],
] as const)(
  '%s from %j, %s: on this machine %s, with a sign-in %s, a service without pages %s',
  (method, origins, fetchSite, local, withSignIn, noPages) => {
    expect([page, signedIn, service].map((d) => says(d, { method, origins, fetchSite }))).toEqual([
      local,
      withSignIn,
      noPages,
    ]);
  },
);

test('a page that another listener serves may talk to the api, which is not asked for under its name', () => {
  expect(
    says(api, { method: 'POST', origins: ['https://mainloop.example.com'], fetchSite: 'same-origin' }),
  ).toBe('in');
  expect(says(api, { method: 'POST', origins: ['http://localhost:3000'] })).toBe('foreign_origin');
  expect(says(api, { hosts: ['mainloop.example.com'] })).toBe('foreign_host');
});

test('without a sign-in nobody comes through a proxy, whatever the host says', () => {
  expect(says(page, { isForwarded: true })).toBe('forwarded');
  expect(says(signedIn, { isForwarded: true })).toBe('in');
  expect(says(api, { isForwarded: true })).toBe('forwarded');
});

test.each([
  ['127.0.0.1', true],
  ['127.4.5.6', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.evil.example', false],
  ['127.0.0.1.nip.io', false],
  ['localhost.evil.example', false],
  ['', false],
])('binding %s lets in this machine only: %s', (address, only) => {
  expect(isLoopbackAddress(address)).toBe(only);
});

test('whoever is let in on this machine asked for it by one of its own names', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.domain(), fc.ipV4(), fc.webAuthority()), (host) => {
      if (admit(page, head({ hosts: [host] })).ok)
        expect(['localhost', '127.0.0.1', '[::1]']).toContain(nameOf(host));
    }),
  );
});

test('who serves people is reached by this machine only, or has a sign-in', () => {
  const url = 'https://mainloop.example.com';
  expect(whyNotOpen({ address: '127.0.0.1', publicUrl: null })).toBeNull();
  for (const address of ['127.0.0.1', '0.0.0.0', '::'])
    expect(whyNotOpen({ address, publicUrl: url })).toBeNull();
  for (const address of ['0.0.0.0', '::', '10.0.0.7', 'localhost.evil.example', ''])
    expect(whyNotOpen({ address, publicUrl: null })).toContain('MAINLOOP_PUBLIC_URL');
});

const proxies = (a: string): boolean => ['127.0.0.1', '10.0.0.1', '10.0.0.2'].includes(a);
test.each([
  ['nobody in between', '203.0.113.5', [], '203.0.113.5'],
  ['whoever comes by itself says nothing that counts', '203.0.113.5', ['198.51.100.1'], '203.0.113.5'],
  ['our proxy', '127.0.0.1', ['203.0.113.5'], '203.0.113.5'],
  [
    'our proxy, and what the client made up',
    '127.0.0.1',
    ['198.51.100.1', '10.0.0.1', '203.0.113.5'],
    '203.0.113.5',
  ],
  ['two of ours', '10.0.0.2', ['198.51.100.1', ' 203.0.113.5', '10.0.0.1'], '203.0.113.5'],
  ['only ours', '10.0.0.2', ['10.0.0.1'], '10.0.0.1'],
  ['IPv4 on a socket of IPv6', '::ffff:127.0.0.1', ['::ffff:203.0.113.5'], '203.0.113.5'],
  ['no address', '127.0.0.1', ['203.0.113.5', 'unknown'], '127.0.0.1'],
  ['a line of a log', '127.0.0.1', ['1.2.3.4\r\nx: y'], '127.0.0.1'],
])('who asks: %s', (_, peer, forwarded, client) => {
  expect(clientOf(peer, forwarded, proxies)).toBe(client);
});

test('whatever a client says of itself, our proxy has the last word', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.ipV4(), fc.string(), fc.constantFrom('10.0.0.1', '127.0.0.1'))),
      (said) => {
        expect(clientOf('127.0.0.1', [...said, '203.0.113.5'], proxies)).toBe('203.0.113.5');
      },
    ),
  );
});
