// The inbox under a thumb: what was not aimed at is not decided, what was typed is kept, and one number tells
// what waits. Each topic is a file in `thumb`.
import './thumb/deciding.ts';
import './thumb/typing.ts';
import './thumb/inbox.ts';
import './thumb/chat.ts';
import './thumb/settings.ts';
