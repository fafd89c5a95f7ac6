// What agents learned, for the page that a person decides on.
import { whyFaded, type Presence } from '../../flow/learnings/fading.ts';
import { OWNER } from '../../flow/ids.ts';
import type { LearningSource, LearningState, LearningVersion } from '../../flow/learnings/learnings.ts';
import type { LearningView } from '../read-views.ts';
import { offersIn } from '../../flow/learnings/likeness.ts';
import type { Views } from './views.ts';

/** So many of the newest. */
const SHOWN = 500;

interface Likened {
  readonly id: string;
  readonly rule: string;
  readonly state: string;
  readonly projectId: string | null;
  readonly apart: unknown;
  readonly nearTo: string | null;
}
const sameAsOf = (to: { readonly id: string; readonly rule: string } | undefined) =>
  to === undefined ? null : { id: to.id, rule: to.rule };

/** @returns what the pages read of them */
export const learnings = ({ db }: Views) => {
  /** With the rules that others were likened to, which a campfire need not ask about itself. */
  async function offersOf(asked: readonly Likened[]) {
    const known = new Set(asked.map(({ id }) => id));
    const missing = asked.flatMap(({ nearTo }) => (nearTo === null || known.has(nearTo) ? [] : [nearTo]));
    const others =
      missing.length === 0
        ? []
        : await db.learning.findMany({ where: { ownerId: OWNER, id: { in: missing } } });
    const all = [...asked, ...others].map(({ id, rule, state, projectId, apart, nearTo }) => ({
      id,
      rule,
      state: state as LearningState,
      projectId,
      apart: apart as string[],
      nearTo,
    }));
    return offersIn(all);
  }
  return {
    /** The newest first. @param of those that one campfire asks about; all where it is left out */
    async learnings(of: { readonly campfire?: string } = {}): Promise<LearningView[]> {
      const rows = await db.learning.findMany({
        where: { ownerId: OWNER, ...of },
        orderBy: { updatedAt: 'desc' },
        take: SHOWN,
      });
      const offers = await offersOf(rows);
      return rows.map((l) => ({
        id: l.id,
        rule: l.rule,
        why: l.why,
        path: l.path,
        projectId: l.projectId,
        taskId: l.taskId,
        source: l.source as LearningSource,
        author: l.author,
        state: l.state as LearningState,
        times: l.times,
        sameAs: sameAsOf(offers.get(l.id)),
        apart: l.apart as string[],
        always: l.always,
        url: l.url,
        faded: whyFaded({ files: l.files as Presence | null, comments: l.comments as Presence | null }),
        given: l.given,
        cited: l.cited,
        quietUntil: l.quietUntil,
        versions: l.versions as unknown as LearningVersion[],
      }));
    },
  };
};
