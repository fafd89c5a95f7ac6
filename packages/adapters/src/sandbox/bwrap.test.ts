// Where programs are looked for in a sandbox: where the operator looks for them, as far as a sandbox can see it.
import { expect, test } from '@jest/globals';
import { toolPath } from './bwrap.ts';

test.each([
  ['nothing said', undefined, '/kit:/usr/local/bin:/usr/bin:/bin'],
  ['nothing in it', '', '/kit:/usr/local/bin:/usr/bin:/bin'],
  [
    'Go where its own installer puts it',
    '/usr/local/go/bin:/usr/bin:/bin',
    '/kit:/usr/local/go/bin:/usr/bin:/bin:/usr/local/bin',
  ],
  ["the operator's order counts", '/usr/bin:/usr/local/bin:/bin', '/kit:/usr/bin:/usr/local/bin:/bin'],
  [
    'a home is not seen inside',
    '/home/you/.cargo/bin:/home/me/bin:/opt/x/bin:/usr/bin',
    '/kit:/usr/bin:/usr/local/bin:/bin',
  ],
  [
    'no way out of /usr',
    '/usr/../home/me/bin:/usr/lib/../../srv/bin:/usrother/bin',
    '/kit:/usr/local/bin:/usr/bin:/bin',
  ],
  ['no folder that hangs on where one stands', '.:bin::/usr/bin', '/kit:/usr/bin:/usr/local/bin:/bin'],
  ['each once', '/usr/bin:/usr/bin/:/usr/bin', '/kit:/usr/bin:/usr/local/bin:/bin'],
])('%s', (_, operators, inside) => {
  expect(toolPath('/kit', operators)).toBe(inside);
});
