import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { admitPeer, readLocalUsers, uidOfConnection } from './peers.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, remote: string, state: string, uid: number): string =>
  `   1: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 3938 1 0000000053da410c 20 4 30 10 -1\n`;
const from = { address: '127.0.0.1', port: 0xb013 };
const to = { address: '127.0.0.1', port: 0x1f90 };
const uid = (table: string, a = from, b = to): number | null => uidOfConnection(HEAD + table, a, b, true);

test.each<[string, string, number | null]>([
  ['the one', row('0100007F:B013', '0100007F:1F90', '01', 1000), 1000],
  ['an uid of many digits', row('0100007F:B013', '0100007F:1F90', '01', 2_000_001), 2_000_001],
  ['our own end of it', row('0100007F:1F90', '0100007F:B013', '01', 0), null],
  ['a listener', row('0100007F:B013', '00000000:0000', '0A', 0), null],
  ['one that waits to be forgotten', row('0100007F:B013', '0100007F:1F90', '06', 0), null],
  ['one that is closing', row('0100007F:B013', '0100007F:1F90', '05', 0), null],
  ['another port', row('0100007F:B014', '0100007F:1F90', '01', 0), null],
  ['another address of loopback', row('0200007F:B013', '0100007F:1F90', '01', 0), null],
  [
    'an IPv6 socket for IPv4',
    row('0000000000000000FFFF00000100007F:B013', '0000000000000000FFFF00000100007F:1F90', '01', 33),
    33,
  ],
])('%s', (_, table, is) => expect(uid(table)).toBe(is));

test('an address of IPv6', () => {
  const one = { address: '::1', port: 1 };
  expect(
    uid(row('00000000000000000000000001000000:0001', '00000000000000000000000001000000:1F90', '01', 7), one, {
      ...one,
      port: 0x1f90,
    }),
  ).toBe(7);
  expect(
    uidOfConnection(
      row('00000000000000000000000000000001:0001', '00000000000000000000000000000001:1F90', '01', 7),
      one,
      { ...one, port: 0x1f90 },
      false,
    ),
  ).toBe(7);
  expect(
    uid(row('0100007F:B013', '0100007F:1F90', '01', 1), { address: '::ffff:127.0.0.1', port: 0xb013 }),
  ).toBe(1);
  expect(uid('', { address: 'nonsense', port: 1 })).toBeNull();
});

test('nothing but the exact connection is ever found', () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  fc.assert(
    fc.property(port, port, port, port, (a, b, c, d) => {
      const hex = (n: number): string => n.toString(16).toUpperCase().padStart(4, '0');
      const found = uid(
        row(`0100007F:${hex(a)}`, `0100007F:${hex(b)}`, '01', 5),
        { ...from, port: c },
        { ...to, port: d },
      );
      expect(found).toBe(a === c && b === d ? 5 : null);
    }),
  );
});

test('ourselves, root and whom the owner names are let in; of whom we cannot tell only if anybody is', () => {
  const users = readLocalUsers('caddy, 1234', (n) => (n === 'caddy' ? 33 : undefined), [0, 1000]);
  expect([0, 1000, 33, 1234, 65_534].map((u) => admitPeer({ kind: 'user', uid: u }, users).ok)).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
  expect([admitPeer({ kind: 'unknown' }, users).ok, admitPeer({ kind: 'unreadable' }, users).ok]).toEqual([
    false,
    false,
  ]);
  const any = readLocalUsers(' any ', () => undefined, [0]);
  expect([admitPeer({ kind: 'unknown' }, any).ok, admitPeer({ kind: 'user', uid: 5 }, any).ok]).toEqual([
    true,
    true,
  ]);
  expect(() => readLocalUsers('nobody-here', () => undefined, [0])).toThrow(
    /MAINLOOP_LOCAL_USERS should name users/,
  );
  expect(() => readLocalUsers('any,caddy', () => undefined, [0])).toThrow(/any is none/);
  const refused = admitPeer({ kind: 'user', uid: 65_534 }, users);
  expect(refused.ok ? '' : refused.sentence).toContain('MAINLOOP_LOCAL_USERS=65534');
});

const full = (bytes: string): string => bytes.padStart(32, '0');
test.each<[string, string]>([
  ['2001:db8::8:1', full('20010DB8000000000000000000080001')],
  ['2001:db8:1:2:3:4:5:6', '20010DB8000100020003000400050006'],
  ['fe80::', 'FE800000000000000000000000000000'],
  ['::', full('')],
  ['::abcd', full('ABCD')],
])('%s is found under what the kernel prints', (address, printed) => {
  const one = { address, port: 1 };
  expect(
    uidOfConnection(
      HEAD + row(`${printed}:0001`, `${printed}:1F90`, '01', 7),
      one,
      { ...one, port: 0x1f90 },
      false,
    ),
  ).toBe(7);
});

test.each([
  '127.0.0.1.',
  'x127.0.0.1',
  '127.0.0.1x',
  '127.0.0',
  '::1x',
  'x::1',
  '1:2:3',
  '1:2:3:4:5:6:7:8:9',
  '1::2:3:4:5:6:7:8:9',
  '',
])('%j is nobody, whatever the table says', (address) => {
  const anything = [
    '0100007F',
    full(''),
    full('01000000'),
    full('0001'),
    full('01'),
    '00010002000300040005000600070008',
  ];
  const table = anything.map((a) => row(`${a}:0001`, `${a}:0002`, '01', 7)).join('');
  expect(uid(table, { address, port: 1 }, { address, port: 2 })).toBeNull();
  expect(uidOfConnection(HEAD + table, { address, port: 1 }, { address, port: 2 }, false)).toBeNull();
});

test('an address of many digits, and ends of two kinds', () => {
  const table = row('FEA814AC:0001', '0100007F:1F90', '01', 7);
  expect(uid(table, { address: '172.20.168.254', port: 1 }, to)).toBe(7);
  expect(
    uid(row(`${full('01000000')}:0001`, '0100007F:1F90', '01', 7), { address: '::1', port: 1 }, to),
  ).toBeNull();
});

test('a row that is not whole says nothing', () => {
  expect(uid('   1: 0100007F:B013 0100007F:1F90 01 ')).toBeNull();
  expect(uid('   1: 0100007F:B013 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 zz ')).toBeNull();
});

test('nobody is named by blanks, and a number is a number whole', () => {
  const names: string[] = [];
  const uidOf = (name: string): number => names.push(name) + 100;
  expect(readLocalUsers(' , ,', uidOf, [0])).toEqual(new Set([0]));
  expect(readLocalUsers('12ab, ab12 ,7', uidOf, [0])).toEqual(new Set([0, 101, 102, 7]));
  expect(names).toEqual(['12ab', 'ab12']);
});

test('whoever is not let in reads why, and what the owner can do', () => {
  const said = (peer: Parameters<typeof admitPeer>[0]): string => {
    const admission = admitPeer(peer, new Set([0]));
    return admission.ok ? 'ok' : admission.sentence;
  };
  expect(said({ kind: 'user', uid: 7 })).toBe(
    "This mainloop is another user's. To let user 7 of this machine in, its owner sets MAINLOOP_LOCAL_USERS=7. docs/security.md says who may.",
  );
  expect(said({ kind: 'unknown' })).toBe(
    'mainloop could not see which user of this machine this is. To let everybody here in, its owner sets MAINLOOP_LOCAL_USERS=any. docs/security.md says who may.',
  );
  expect(said({ kind: 'unreadable' })).toBe(
    'This machine does not say which of its users connects (/proc/net/tcp). Its owner can set MAINLOOP_LOCAL_USERS=any. docs/security.md says who may.',
  );
});
