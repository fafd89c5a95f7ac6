// What a change is judged by on its card.
import type { AreaView } from '@mainloop/models/db/read';
import type { CheckLine } from '@mainloop/models/events/facts';
import type { ShownPicture } from '@mainloop/models/flow/review/pictures';
import type { Risk } from '@mainloop/models/flow/review/risks';

export interface ReviewFacts {
  /** What was done, in the agent's words, two sentences at most. */
  readonly what: string;
  /** What was asked for. */
  readonly why: string;
  readonly checks: readonly CheckLine[];
  /** What the agent showed, oldest first. */
  readonly pictures: readonly ShownPicture[];
  /** What deserves a second look, the worst first. */
  readonly risks: readonly Risk[];
  /** From the confirmation until now, in milliseconds; null when it is not known. */
  readonly tookMs: number | null;
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
  /** Pushes since the person last looked; null when they never did. */
  readonly unseen: number | null;
  /** The newest push, which is what there is to read. */
  readonly newest: string | null;
  readonly costMicrousd: number;
  /** Of that what a second look cost; null where there was none. */
  readonly lookMicrousd: number | null;
  readonly budgetCents: number;
  /** Who changed its files before. */
  readonly knows: AreaView;
}
