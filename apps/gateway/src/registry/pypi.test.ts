import { describe, expect, test } from '@jest/globals';
import { plainPath, type AnswerTo } from './asked.ts';
import { askedOfPypi } from './pypi.ts';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const to = (accept: string): AnswerTo => ({ origin: 'http://127.0.0.1:8701', userAgent: 'pip/25', accept });
const asked = (path: string) => {
  const plain = plainPath(path);
  return plain === null ? null : askedOfPypi(plain);
};
const SHA = 'ab'.repeat(32);

test.each([
  ['/pypi/simple/six/', 'page', 'six/'],
  ['/pypi/simple/six', 'page', 'six/'],
  ['/pypi/simple/Zope.Interface/', 'page', 'zope-interface/'],
  ['/pypi/files/six/six-1.17.0-py2.py3-none-any.whl', 'file', 'six/'],
  ['/pypi/files/six/six-1.17.0.tar.gz', 'file', 'six/'],
])('%s is a %s', (path, kind, upstream) => {
  const request = asked(path);
  expect(request?.kind).toBe(kind);
  expect(request?.kind !== 'here' && request?.page.path).toBe(upstream);
});

test.each([
  '/pypi/simple/',
  '/pypi/simple/../x/',
  '/pypi/simple/%2e%2e/',
  '/pypi/simple/-x/',
  '/pypi/simple/http:%2f%2f10.0.0.1/',
  '/pypi/files/six/..%2fx.whl',
  '/pypi/files/six/.hidden',
  '/pypi/files/six',
  '/pypi/legacy/',
])('%s is nothing that could be asked', (path) => {
  expect(asked(path)).toBeNull();
});

const HTML = `<!DOCTYPE html><html><body>
<a href="https://files.example/p/six-1.0.tar.gz#sha256=${SHA}" data-requires-python="&gt;=3.8" data-yanked="bad &quot;build&quot;">six-1.0.tar.gz</a><br/>
<a rel="internal" href="../../p/six-1.0-py3-none-any.whl?x=1&amp;y=2#sha256=${SHA}" data-dist-info-metadata="sha256=${SHA}">six-1.0-py3-none-any.whl</a>
<a href="https://evil.example/x">../../x</a>
</body></html>`;
const JSON_PAGE = JSON.stringify({
  meta: { 'api-version': '1.3' },
  name: 'six',
  files: [
    {
      filename: 'six-1.0.tar.gz',
      url: 'https://files.example/p/six-1.0.tar.gz',
      hashes: { sha256: SHA },
      size: 12,
      'requires-python': '>=3.8',
      yanked: 'bad "build"',
    },
    {
      filename: 'six-1.0-py3-none-any.whl',
      url: '../../p/six-1.0-py3-none-any.whl?x=1&y=2',
      hashes: { sha256: SHA },
      'core-metadata': { sha256: SHA },
    },
  ],
});

describe.each([
  ['HTML', HTML],
  ['JSON', JSON_PAGE],
])('an index that answers with %s', (_, page) => {
  const body = Buffer.from(page);
  const answer = (accept: string) => {
    const request = asked('/pypi/simple/six/');
    return request?.kind === 'page' ? request.answer(body, to(accept))! : null;
  };

  test('is read by a client that wants JSON', () => {
    const response = answer(`${JSON_TYPE}, text/html;q=0.1`)!;
    expect(response.type).toBe(JSON_TYPE);
    const { files, versions } = JSON.parse(String(response.body)) as {
      files: Record<string, unknown>[];
      versions: string[];
    };
    expect(versions).toEqual(['1.0']);
    expect(files).toHaveLength(2);
    expect(files[0]).toMatchObject({
      filename: 'six-1.0.tar.gz',
      url: 'http://127.0.0.1:8701/pypi/files/six/six-1.0.tar.gz',
      hashes: { sha256: SHA },
      'requires-python': '>=3.8',
      yanked: 'bad "build"',
    });
    expect(files[1]).toMatchObject({ 'core-metadata': { sha256: SHA } });
  });

  test('is read by a client that wants HTML, and names no other place', () => {
    const response = answer('text/html')!;
    expect(String(response.body)).toContain(
      `href="http://127.0.0.1:8701/pypi/files/six/six-1.0.tar.gz#sha256=${SHA}" data-requires-python="&#62;=3.8" data-yanked="bad &#34;build&#34;"`,
    );
    expect(String(response.body)).not.toMatch(/files\.example|evil|\.\.\//);
  });

  test.each([
    [
      'six-1.0.tar.gz',
      {
        url: 'https://files.example/p/six-1.0.tar.gz',
        hash: { algorithm: 'sha256', hex: SHA },
        label: 'six@1.0',
      },
    ],
    [
      'six-1.0-py3-none-any.whl',
      {
        url: '../../p/six-1.0-py3-none-any.whl?x=1&y=2',
        hash: { algorithm: 'sha256', hex: SHA },
        label: 'six@1.0',
      },
    ],
    ['six-1.0-py3-none-any.whl.metadata', { hash: { algorithm: 'sha256', hex: SHA }, label: null }],
    ['six-1.0.tar.gz.metadata', 'no hash'],
    ['six-2.0.tar.gz', 'no file'],
  ])('%s is found', (file, found) => {
    const request = asked(`/pypi/files/six/${file}`);
    const got = request?.kind === 'file' ? request.find(body, null) : null;
    if (typeof found === 'string') expect(got).toBe(found);
    else expect(got).toMatchObject(found);
  });
});

test('a file without a hash that is worth something is none to hand out', () => {
  const request = asked('/pypi/files/six/six-1.0.tar.gz');
  for (const hash of ['', '#md5=0123456789abcdef0123456789abcdef', '#sha256=abcd'])
    expect(
      request?.kind === 'file' &&
        request.find(
          Buffer.from(`<a href="https://f.example/six-1.0.tar.gz${hash}">six-1.0.tar.gz</a>`),
          null,
        ),
    ).toBe('no hash');
});
