import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPublic, lookupOf, resolvePublic, type Address } from './addresses.ts';

describe('no address of our own networks is public', () => {
  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.9',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '::ffff:0:127.0.0.1',
    '0:0:0:0:0:ffff:a00:1',
    '64:ff9b::7f00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::a00:1',
    '100::1',
    '2001::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:a00:1::1',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'feff::1',
    'ff02::1',
    '2606:4700:4700::1111%lo',
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.1.1.1.',
    '[::1]',
    '01.01.01.01',
  ])('%s', (ip) => {
    expect(isPublic(ip)).toBe(false);
  });
  test('in whatever way an IPv4 address is carried inside of IPv6', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.constantFrom('::ffff:', '::', '::ffff:0:', '64:ff9b::', '64:ff9b:1::'),
        (v4, head) => {
          expect(isPublic(head + v4)).toBe(false);
        },
      ),
    );
  });
});

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '172.15.0.1',
  '172.32.0.1',
  '100.63.0.1',
  '100.128.0.1',
  '193.0.0.1',
  '2606:4700:4700::1111',
  '2a00:1450::1',
])('%s is public', (ip) => {
  expect(isPublic(ip)).toBe(true);
});

describe('a name', () => {
  const dnsOf = (...addresses: string[]): never =>
    (async () =>
      addresses.map((address): Address => ({ address, family: address.includes(':') ? 6 : 4 }))) as never;

  test('is refused when one of its addresses is private', async () => {
    expect(await resolvePublic('10.0.0.1.nip.io', dnsOf('10.0.0.1'))).toEqual({
      kind: 'private',
      address: '10.0.0.1',
    });
    expect(await resolvePublic('both.example', dnsOf('1.1.1.1', '127.0.0.1'))).toEqual({
      kind: 'private',
      address: '127.0.0.1',
    });
    expect(await resolvePublic('six.example', dnsOf('::ffff:10.0.0.1'))).toEqual({
      kind: 'private',
      address: '::ffff:10.0.0.1',
    });
  });
  test('that resolves to nothing is unknown', async () => {
    expect(await resolvePublic('nothing.example', dnsOf())).toEqual({ kind: 'unknown' });
    expect(
      await resolvePublic('nothing.invalid', (() => Promise.reject(new Error('ENOTFOUND'))) as never),
    ).toEqual({ kind: 'unknown' });
  });
  test.each(['127.0.0.1', '[::1]', '127.0.0.1.', '[fe80::1%eth0]'])(
    'that is the address %s is looked at as it is',
    async (host) => {
      expect(
        (await resolvePublic(host, (() => Promise.reject(new Error('must not be asked'))) as never)).kind,
      ).not.toBe('public');
    },
  );
  test.each(['2130706433', '0x7f.1', '0177.0.0.1', '127.1'])(
    "in the resolver's other writing %s is what it resolves to",
    async (host) => {
      expect((await resolvePublic(host)).kind).not.toBe('public');
    },
  );

  test('is dialled at the addresses that were looked at, and at no other', async () => {
    const resolved = await resolvePublic('ok.example', dnsOf('1.1.1.1', '2606:4700:4700::1111'));
    if (resolved.kind !== 'public') throw new Error(resolved.kind);
    const lookup = lookupOf(resolved.addresses);
    const all = await new Promise((done) =>
      lookup('changed.example', { all: true }, (_, found) => done(found)),
    );
    expect(all).toEqual(resolved.addresses);
    const one = await new Promise((done) =>
      lookup('changed.example', {}, (_, found, family) => done([found, family])),
    );
    expect(one).toEqual(['1.1.1.1', 4]);
  });
});
