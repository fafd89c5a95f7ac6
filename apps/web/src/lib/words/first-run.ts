// What the first minutes say. Read it aloud before you change it.

export const CHECK_UP = 'Check-up';
/** @param demo without a model key, where there is something to look at already */
export const headWords = (demo: boolean): string => (demo ? 'For your own code' : 'Before the first task');
/**
 * For whoever listens: the sign beside it says so to the others.
 * @param done whether this step is behind
 */
export const stateWords = (done: boolean): string => (done ? 'Done: ' : 'Missing: ');
/**
 * Of the button of a step.
 * @param shown whether its way is unfolded
 */
export const howWords = (shown: boolean): string => (shown ? 'Close' : 'Show how');

/** Around the name of a file. */
export const PUT_INTO = [
  'Put this line into the file',
  'of mainloop’s folder, then stop mainloop and start it again.',
] as const;

/**
 * Who answers.
 * @param demo whether there is no key
 */
export const modelWords = (demo: boolean): string =>
  demo ? 'No model key: a scripted model answers' : 'Claude answers';
export const MODEL_MORE =
  'With a Claude subscription, run make setup-claude-creds instead: it writes the line for you.';

/**
 * Where projects are.
 * @param localGitHub whether it is the one of this machine
 */
export const forgeWords = (localGitHub: boolean): string =>
  localGitHub
    ? 'No GitHub token: projects are folders on this machine'
    : 'Projects are repositories on GitHub';
export const FORGE_MORE =
  'It needs the scopes repo and workflow. A GitHub App does instead (docs/operations.md says how), and folders on this machine work without either.';

/**
 * While there is no project.
 * @param localGitHub whether projects are folders of this machine
 */
export const projectWords = (localGitHub: boolean): string =>
  localGitHub ? 'A git folder of yours' : 'A repository of yours';
export const ADD_A_PROJECT = 'Add a project';

/**
 * Of the step that turns them on.
 * @param on whether this device shows them
 */
export const notificationWords = (on: boolean): string =>
  on ? 'Notifications are on' : 'Notifications on this device';
export const TURN_ON = 'Turn on';
