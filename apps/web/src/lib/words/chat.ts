// What the conversation says. Read it aloud before you change it.

export const CHAT = 'Chat';
export const CONVERSATION = 'Conversation';
export const WHAT_SHOULD_BE_DIFFERENT = 'What should be different in your code?';
export const SAY_IT =
  'Say it in your own words. I look at it, propose a task, and nothing runs before you tap Start.';

export const YOU_SAID = 'You said:';
export const MAINLOOP_SAID = 'mainloop said:';
export const NOTE = 'Note:';
export const IS_WRITING = 'mainloop is writing';
export const TASKS = 'Tasks';

export const COPY = 'Copy';
/** @param done whether the browser let us */
export const copiedWords = (done: boolean): string =>
  done ? 'Copied.' : 'This browser did not let it be copied.';
export const EDIT_AND_SAY_AGAIN = 'Edit and say it again';

/**
 * Of the button above the oldest message.
 * @param isLoading whether it was pressed and they are on their way
 */
export const earlierWords = (isLoading: boolean): string => (isLoading ? 'Loading …' : 'Earlier messages');
export const BACK_TO_NOW = 'Back to now';
/**
 * Of the button that goes down to them.
 * @param messages at least 1
 */
export const newWords = (messages: number): string =>
  messages === 1 ? '1 new message' : `${messages} new messages`;

export const MESSAGE = 'Message';
export const MESSAGE_HERE = 'Message …';
export const YOUR_MESSAGE = 'Your message';
export const SEND = 'Send';
export const STOP_THE_REPLY = 'Stop the reply';
/**
 * Of the microphone.
 * @param isListening whether it listens now
 */
export const dictateWords = (isListening: boolean): string => (isListening ? 'Listening' : 'Say it');

export const FILES = 'Files';
export const ATTACH = 'Attach a file or a photo';
export const FILES_TO_ATTACH = 'Files to attach';
export const SENDING = 'Sending …';
/**
 * Of the button on an attached file.
 * @param file its name
 */
export const leaveOutWords = (file: string): string => `Leave out ${file}`;

export const IS_A_DEMO =
  'Demo: a scripted model drives the real Claude Code. Set ANTHROPIC_API_KEY to talk to Claude.';
