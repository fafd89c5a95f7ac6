// What a hand does to the pages: keys, forms, the change of a task, the chat. The pages and the api alone, on
// a seeded database. Each topic is a file in `touch`.
import './touch/typing.ts';
import './touch/change.ts';
import './touch/chat.ts';
import './touch/inbox.ts';
import './touch/forms.ts';
import './touch/reading.ts';
import './touch/offline.ts';
