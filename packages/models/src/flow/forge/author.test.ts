import { expect, test } from '@jest/globals';
import { authorOf, NOBODY } from './author.ts';

test.each([
  [
    { id: 583231, login: 'octocat', name: 'The Octocat' },
    'https://api.github.com',
    'The Octocat',
    '583231+octocat@users.noreply.github.com',
  ],
  [{ id: 7, login: 'mona', name: null }, 'https://api.github.com', 'mona', '7+mona@users.noreply.github.com'],
  [
    { id: 7, login: 'mona', name: ' <script>\n' },
    'http://127.0.0.1:8080',
    'script',
    '7+mona@users.noreply.github.com',
  ],
  [
    { id: 41898282, login: 'an-app[bot]' },
    'https://api.github.com',
    'an-app[bot]',
    '41898282+an-app[bot]@users.noreply.github.com',
  ],
  [
    { id: 3, login: 'eve', name: 'Eve' },
    'https://code.example.com/api/v3',
    'Eve',
    '3+eve@users.noreply.code.example.com',
  ],
  [
    { id: 3, login: 'eve', name: 'Eve' },
    'https://api.octo.ghe.com',
    'Eve',
    '3+eve@users.noreply.octo.ghe.com',
  ],
])('%j at %s', (user, apiUrl, name, email) => {
  expect(authorOf(user, apiUrl)).toEqual({ name, email });
});

test("who belongs to no user is nobody's account", () => {
  expect(NOBODY.email).toMatch(/@[\w.]+\.invalid$/);
});
