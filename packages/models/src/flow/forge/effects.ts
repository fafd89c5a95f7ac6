// What is made on the forge for a task, each once: of which kind it is, and which one of its kind. Pure.
export const EFFECT_KINDS = [
  'issue',
  'pr',
  'say',
  'summary',
  'ask',
  'comment',
  'reply',
  'rerun',
  'thread',
  'automation',
  'label',
] as const;
export type EffectKind = (typeof EFFECT_KINDS)[number];

export interface EffectName {
  readonly kind: EffectKind;
  /** Which one, where a task has several of the kind: an id, a number of the log, a commit. */
  readonly of?: string | number;
}

/** @returns its name among what the task has made; also what its marker says: "issue", "say-12" */
export const effectName = ({ kind, of }: EffectName): string => (of === undefined ? kind : `${kind}-${of}`);

/** @returns under what it is noted that it was made: "t-1/say-12". Nothing reads the kind back from it. */
export const effectKey = (taskId: string, name: EffectName): string => `${taskId}/${effectName(name)}`;
