// A repository's labels, and which of them an issue or a pull request has.
import type { Ctx } from './ctx.ts';
import { created, invalid, labelNamed, labelsOf, notFound, ok, type Desk, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso, type Issue, type Label } from './store.ts';

/** Labels as a request names them: words, or objects with a name. */
export const labelWords = (x: unknown): string[] =>
  Array.isArray(x) ? x.map((l) => String((l as { name?: unknown } | null)?.name ?? l)) : [];
/** GitHub takes six hex digits, without "#". */
const COLOR = /^[0-9a-f]{6}$/i;
const DEFAULT_COLOR = 'ededed';

/** @returns the names as the repository writes them; a name that it does not have yet is one of its labels from now on, as GitHub has it */
export function ensureLabels({ store }: Ctx, repo: string, names: readonly string[]): string[] {
  const made = names.map(
    (name) =>
      (
        labelNamed(store, repo, name) ??
        store.insert('label', { repo, name, color: DEFAULT_COLOR, description: null, createdAt: nowIso() })
      ).name,
  );
  return [...new Set(made)];
}

export function labelRoutes(c: Ctx, { issueOf, touch, page, R }: Desk): Route[] {
  const { store, base } = c;
  const show = (l: Label): unknown => shape.label(base, l);
  const set = (i: Issue, labels: readonly string[]): void => {
    store.update('issue', i, { labels });
    touch(i);
  };
  const listOf = (i: Issue): unknown[] => labelsOf(store, i).map(show);
  return [
    [
      'GET',
      R('/labels'),
      async (a) =>
        ok(
          page(
            a,
            store.find('label', (l) => l.repo === a.repo.full),
          ).map(show),
        ),
    ],
    [
      'POST',
      R('/labels'),
      async (a) => {
        const name = String(a.body.name ?? '').trim();
        const color = String(a.body.color ?? DEFAULT_COLOR);
        if (name === '')
          return invalid('Validation Failed', [{ resource: 'Label', code: 'missing_field', field: 'name' }]);
        if (!COLOR.test(color))
          return invalid('Validation Failed', [{ resource: 'Label', code: 'invalid', field: 'color' }]);
        if (labelNamed(store, a.repo.full, name))
          return invalid('Validation Failed', [{ resource: 'Label', code: 'already_exists', field: 'name' }]);
        const description =
          typeof a.body.description === 'string' && a.body.description !== '' ? a.body.description : null;
        return created(
          show(store.insert('label', { repo: a.repo.full, name, color, description, createdAt: nowIso() })),
        );
      },
    ],
    [
      'GET',
      R('/labels/([^/]+)'),
      async (a) => {
        const l = labelNamed(store, a.repo.full, decodeURIComponent(a.m[2]!));
        return l ? ok(show(l)) : notFound;
      },
    ],
    [
      'PATCH',
      R('/labels/([^/]+)'),
      async (a) => {
        const l = labelNamed(store, a.repo.full, decodeURIComponent(a.m[2]!));
        if (!l) return notFound;
        const was = l.name;
        store.update('label', l, {
          ...(typeof a.body.new_name === 'string' ? { name: a.body.new_name } : {}),
          ...(typeof a.body.color === 'string' && COLOR.test(a.body.color) ? { color: a.body.color } : {}),
          ...(typeof a.body.description === 'string' ? { description: a.body.description } : {}),
        });
        for (const i of store.find('issue', (x) => x.repo === l.repo && x.labels?.includes(was) === true))
          store.update('issue', i, { labels: i.labels!.map((name) => (name === was ? l.name : name)) });
        return ok(show(l));
      },
    ],
    [
      'DELETE',
      R('/labels/([^/]+)'),
      async (a) => {
        const l = labelNamed(store, a.repo.full, decodeURIComponent(a.m[2]!));
        if (!l) return notFound;
        for (const i of store.find('issue', (x) => x.repo === l.repo && x.labels?.includes(l.name) === true))
          store.update('issue', i, { labels: i.labels!.filter((name) => name !== l.name) });
        store.remove('label', l);
        return { status: 204 };
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)/labels'),
      async (a) => {
        const i = issueOf(a);
        return i ? ok(listOf(i)) : notFound;
      },
    ],
    [
      'POST',
      R('/issues/(\\d+)/labels'),
      async (a) => {
        const i = issueOf(a);
        if (!i) return notFound;
        set(i, ensureLabels(c, i.repo, [...(i.labels ?? []), ...labelWords(a.body.labels)]));
        return ok(listOf(i));
      },
    ],
    [
      'DELETE',
      R('/issues/(\\d+)/labels/([^/]+)'),
      async (a) => {
        const i = issueOf(a);
        const l = labelNamed(store, a.repo.full, decodeURIComponent(a.m[3]!));
        if (!i || !l || !i.labels?.includes(l.name)) return notFound;
        set(
          i,
          i.labels.filter((name) => name !== l.name),
        );
        return ok(listOf(i));
      },
    ],
  ];
}
