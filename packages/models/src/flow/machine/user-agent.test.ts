import { expect, test } from '@jest/globals';
import { deviceFamily, deviceKind } from './user-agent.ts';

const chrome = (system: string): string =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36`;

test.each([
  [chrome('X11; Linux x86_64'), 'Chrome on Linux', 'Chrome, Linux or Android'],
  [chrome('Linux; Android 10; K'), 'Chrome on Android', 'Chrome, Linux or Android'],
  [`${chrome('Windows NT 10.0; Win64; x64')} Edg/140.0.0.0`, 'Edge on Windows', 'Edge, Windows'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
    'Safari, Apple',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0',
    'Firefox on Mac',
    'Firefox, Apple',
  ],
  ['curl/8.5.0', 'A browser on an unknown system', 'A browser, Linux or Android'],
  ['', 'A browser on an unknown system', 'A browser, Linux or Android'],
])('%s', (userAgent, kind, family) => {
  expect([deviceKind(userAgent), deviceFamily(userAgent)]).toEqual([kind, family]);
});
