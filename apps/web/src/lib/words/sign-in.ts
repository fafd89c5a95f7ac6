// What the pages say that are there before somebody is signed in: signing in, and adding a device. Read it aloud before you change it.

// Signing in.
export const SIGN_IN = 'Sign in';
export const NO_OWNER = 'This mainloop has no owner yet';
export const NOT_LINKED =
  'That account is not linked here. Sign in another way first, then link it in Settings.';
export const NOT_SET_UP = 'That way of signing in is not set up here.';
export const WAITING_FOR_DEVICE = 'Waiting for your device …';
export const USE_A_PASSKEY = 'Use a passkey';
export const USE_GITHUB = 'Use GitHub';
export const USE_COMPANY = "Use your company's sign-in";
/** The command that prints a link. */
export const PAIR = 'mainloop pair';
/** Before and after that command. */
export const NO_PASSKEY = [
  'No passkey here yet? On a device that is signed in, open Settings and choose “Add a device”. On the machine that runs mainloop,',
  'prints a link.',
] as const;
export const BECOME_OWNER = [
  'On the machine that runs it, run',
  'and open the link it prints. Whoever opens it first is the owner.',
] as const;

// Adding a device.
export const ADD_THIS = 'Add this device';
export const IS_IN = 'This device is signed in';
export const WHY_A_PASSKEY =
  'Keep a passkey, and you come back with your face, finger or screen lock, also after you were signed out.';
export const KEEP_A_PASSKEY = 'Keep a passkey';
export const NOT_NOW = 'Not now';
export const PART_IS_MISSING = 'Part of this link is missing';
/** Before that command. */
export const COPY_ALL =
  'Copy all of it, or make a new one: in Settings on a device that is signed in, or with';
export const SIGN_THIS_IN = 'Sign this device in?';
export const WHAT_IT_CAN =
  'It can then see all of your work here, answer for you and start tasks. Only go on with a link that you made yourself.';
export const signInWords = (isBusy: boolean): string => (isBusy ? 'A moment …' : 'Sign in on this device');
export const NO_ANSWER = 'mainloop does not answer. Try again.';
export const TOO_MANY_TRIES = 'Too many tries. Wait a minute.';
export const NOT_DONE = 'That did not work.';

// What was said on this device and has not gone out, by somebody who is not signed in now.
export const DROP_THEM = 'Drop';
/**
 * @param things how many
 * @param isSomebodyHere whether another person is signed in
 */
export function saidByOthers(things: number, isSomebodyHere: boolean): string {
  const what = things === 1 ? 'One thing that was' : `${things} things that were`;
  const who = isSomebodyHere ? 'said here by somebody else' : 'said here';
  const [waits, goes] = things === 1 ? ['waits', 'It goes'] : ['wait', 'They go'];
  return `${what} ${who} still ${waits} to be sent. ${goes} out when whoever said it signs in again.`;
}
