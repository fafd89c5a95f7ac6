// What the page says of guardrails. Read it aloud before you change it.

export const GUARDRAILS = 'Guardrails';
export const WHAT_THEY_DO =
  'Checked at every push, outside of the agent. A push that meets one is refused, or waits for your yes.';
export const NEVER_PATHS = 'Paths that may never change, separated by spaces';
export const ASK_PATHS = 'Paths that change only with your yes';
/** In the empty fields. */
export const SUCH_AS = 'infra/* *.lock';
export const CHANGE_FILES = 'Files in one change, at most';
export const CHANGE_LINES = 'Lines in one change, at most';
export const ANY_NUMBER = 'Any number';
export const OVER_SIZE = 'A larger change';
export const OVERS = [
  ['ask', 'asks you'],
  ['never', 'is refused'],
] as const;
export const SECRETS = 'What looks like a secret';
export const SECRETS_DO = [
  ['ask', 'asks you'],
  ['never', 'is refused'],
  ['let', 'gets through'],
] as const;
/** Of a project, which adds to what all say. */
export const SECRETS_OF_ONE = [
  ['let', 'as for all projects'],
  ['ask', 'asks you'],
  ['never', 'is refused'],
] as const;
export const FROM_ALL = 'From all projects';
export const CHANGE_THEM = 'Change them in the settings';
export const TRY_THEM = 'Try on the last 50 pushes';
