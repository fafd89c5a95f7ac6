// What stands around every page: the bars at the top and bottom, what holds all work up, and a page that is not there. Read it
// aloud before you change it.

export const SKIP = 'Skip to content';
export const FIND = 'Find';
export const MORE = 'More';
export const MAIN = 'Main';
export const CHAT = 'Chat';
export const INBOX = 'Inbox';
export const NAV = [
  ['/projects', 'Projects'],
  ['/week', 'Week'],
  ['/settings', 'Settings'],
] as const;
/** Behind the name of the inbox, for who does not see the number. */
export const needYouWords = (items: number): string => `, ${items} ${items === 1 ? 'needs' : 'need'} you`;

/** Told by name to whoever listens. */
export const proposedWords = (title: string): string => `Proposed: ${title}`;
export const stoppedWords = (title: string): string => `Stopped: ${title}`;
export const manyWords = (things: number): string => `${things} things need you.`;

export function offlineWords(waiting: number): string {
  const page = 'Offline, showing the last update.';
  if (waiting === 0) return page;
  return `${page} ${waiting === 1 ? 'One reply' : `${waiting} replies`} will send later.`;
}
export const RESUME = 'Resume';
/** Behind who paused it and when. */
export const UNTIL_RESUMED = 'Nothing starts or is merged until you resume.';
export const raiseWords = (cents: number): string => `Raise to $${cents / 100}`;
export const almostFullWords = (leftMb: number): string =>
  `The disk of this machine is almost full (${leftMb} MB left). Free some space; what waits goes on by itself.`;
export const WHILE_AWAY = 'While you were away';
export const CLOSE = 'Close';

// A page that is not there.
export const NOTHING_HERE = 'There is nothing here.';
export const NO_SUCH_PAGE = 'No page has this address.';
export const NOT_DONE = 'That did not work.';
/** What follows it is a command, and then its sentence. */
export const MAYBE_STARTING =
  'mainloop may be starting, or there is no network. This page comes back by itself; in a terminal,';
export const STATUS_COMMAND = 'mainloop status';
export const SAYS_WHAT_IS_UP = 'says what is up.';
export const BACK_TO_CHAT = 'Back to the chat';
