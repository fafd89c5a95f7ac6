// What agents learned, for the page that a person decides on.
import { whyFaded, type Presence } from '../../flow/fading.ts';
import { OWNER } from '../../flow/ids.ts';
import type { LearningSource, LearningState, LearningVersion } from '../../flow/learnings.ts';
import type { LearningView } from '../read-views.ts';
import type { Views } from './views.ts';

/** So many of the newest. */
const SHOWN = 500;

/** @returns what the pages read of them */
export const learnings = ({ db }: Views) => ({
  /** The newest first. @param of those that one campfire asks about; all where it is left out */
  async learnings(of: { readonly campfire?: string } = {}): Promise<LearningView[]> {
    const rows = await db.learning.findMany({
      where: { ownerId: OWNER, ...of },
      orderBy: { updatedAt: 'desc' },
      take: SHOWN,
    });
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
      faded: whyFaded({ files: l.files as Presence | null, comments: l.comments as Presence | null }),
      given: l.given,
      cited: l.cited,
      quietUntil: l.quietUntil,
      versions: l.versions as unknown as LearningVersion[],
    }));
  },
});
