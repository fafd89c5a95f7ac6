// A repository's labels, and which of them an issue or a pull request has.
import type { Ctx } from './ctx.ts';
import { created, invalid, labelNamed, labelsOf, notFound, ok, type Desk, type Route } from './desk.ts';
import * as shape from './shapes.ts';
import { nowIso, type Issue, type Label } from './store.ts';

/**
 * Labels as a request names them: words, or objects with a name.
 * @param value of any shape; what is no list gives none
 */
export const labelWords = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((l) => String((l as { name?: unknown } | null)?.name ?? l)) : [];
/** GitHub takes six hex digits, without "#". */
const COLOR = /^[0-9a-f]{6}$/i;
const DEFAULT_COLOR = 'ededed';

/**
 * @returns the names as the repository writes them; a name that it does not have yet is one of its labels
 * from now on, as GitHub has it
 */
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

/**
 * Labels of a repository and of its issues: https://docs.github.com/rest/issues/labels
 * @returns the routes
 */
export function labelRoutes(context: Ctx, { issueOf, touch, page, R }: Desk): Route[] {
  const { store, base } = context;
  const show = (label: Label): unknown => shape.label(base, label);
  const set = (issue: Issue, labels: readonly string[]): void => {
    store.update('issue', issue, { labels });
    touch(issue);
  };
  const listOf = (issue: Issue): unknown[] => labelsOf(store, issue).map(show);
  return [
    [
      'GET',
      R('/labels'),
      async (request) =>
        ok(
          page(
            request,
            store.find('label', (l) => l.repo === request.repo.full),
          ).map(show),
        ),
    ],
    [
      'POST',
      R('/labels'),
      async (request) => {
        const name = String(request.body.name ?? '').trim();
        const color = String(request.body.color ?? DEFAULT_COLOR);
        if (name === '')
          return invalid('Validation Failed', [{ resource: 'Label', code: 'missing_field', field: 'name' }]);
        if (!COLOR.test(color))
          return invalid('Validation Failed', [{ resource: 'Label', code: 'invalid', field: 'color' }]);
        if (labelNamed(store, request.repo.full, name))
          return invalid('Validation Failed', [{ resource: 'Label', code: 'already_exists', field: 'name' }]);
        const description =
          typeof request.body.description === 'string' && request.body.description !== ''
            ? request.body.description
            : null;
        return created(
          show(
            store.insert('label', { repo: request.repo.full, name, color, description, createdAt: nowIso() }),
          ),
        );
      },
    ],
    [
      'GET',
      R('/labels/([^/]+)'),
      async (request) => {
        const label = labelNamed(store, request.repo.full, decodeURIComponent(request.m[2]!));
        return label ? ok(show(label)) : notFound;
      },
    ],
    [
      'PATCH',
      R('/labels/([^/]+)'),
      async (request) => {
        const label = labelNamed(store, request.repo.full, decodeURIComponent(request.m[2]!));
        if (!label) return notFound;
        const was = label.name;
        store.update('label', label, {
          ...(typeof request.body.new_name === 'string' ? { name: request.body.new_name } : {}),
          ...(typeof request.body.color === 'string' && COLOR.test(request.body.color)
            ? { color: request.body.color }
            : {}),
          ...(typeof request.body.description === 'string' ? { description: request.body.description } : {}),
        });
        for (const issue of store.find(
          'issue',
          (x) => x.repo === label.repo && x.labels?.includes(was) === true,
        ))
          store.update('issue', issue, {
            labels: issue.labels!.map((name) => (name === was ? label.name : name)),
          });
        return ok(show(label));
      },
    ],
    [
      'DELETE',
      R('/labels/([^/]+)'),
      async (request) => {
        const label = labelNamed(store, request.repo.full, decodeURIComponent(request.m[2]!));
        if (!label) return notFound;
        for (const issue of store.find(
          'issue',
          (x) => x.repo === label.repo && x.labels?.includes(label.name) === true,
        ))
          store.update('issue', issue, { labels: issue.labels!.filter((name) => name !== label.name) });
        store.remove('label', label);
        return { status: 204 };
      },
    ],
    [
      'GET',
      R('/issues/(\\d+)/labels'),
      async (request) => {
        const issue = issueOf(request);
        return issue ? ok(listOf(issue)) : notFound;
      },
    ],
    [
      'POST',
      R('/issues/(\\d+)/labels'),
      async (request) => {
        const issue = issueOf(request);
        if (!issue) return notFound;
        set(
          issue,
          ensureLabels(context, issue.repo, [...(issue.labels ?? []), ...labelWords(request.body.labels)]),
        );
        return ok(listOf(issue));
      },
    ],
    [
      'DELETE',
      R('/issues/(\\d+)/labels/([^/]+)'),
      async (request) => {
        const issue = issueOf(request);
        const label = labelNamed(store, request.repo.full, decodeURIComponent(request.m[3]!));
        if (!issue || !label || !issue.labels?.includes(label.name)) return notFound;
        set(
          issue,
          issue.labels.filter((name) => name !== label.name),
        );
        return ok(listOf(issue));
      },
    ],
  ];
}
