// What is said in the conversation, and until where the person has read.
import { z } from 'zod';
import { defineEvent } from './define.ts';
import { attachments } from './shapes.ts';

export const messageSaid = defineEvent({
  type: 'message.said',
  version: 1,
  says: 'Somebody said something in the conversation: the person, the assistant, or mainloop in a note.',
  about: 'either',
  writtenBy: ['api', 'worker'],
  payload: z.object({
    id: z.string(),
    role: z.enum(['user', 'assistant', 'note']),
    text: z.string(),
    turnId: z.string().nullable().describe('the turn that it starts or ends; null for a note'),
    attachments,
  }),
  keys: { new: null, byPerson: 'said/{id}', reply: 'reply/{turnId}', endNote: 'ended-note/{taskId}' },
});

export const ownerCaughtUp = defineEvent({
  type: 'owner.caught_up',
  version: 1,
  says: 'Until here the person knows what happened; the next greeting starts there.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ seq: z.number().describe('of the newest event that was shown') }),
  keys: { new: 'caught_up/{seq}' },
});

export const messageForgotten = defineEvent({
  type: 'message.forgotten',
  version: 1,
  says: 'The person had messages deleted for good: their words are in no table and in no event any more.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({
    ids: z.array(z.string()).describe('of the messages, at most a thousand in one event'),
  }),
  keys: { new: null },
});
