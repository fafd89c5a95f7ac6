// Messages of the conversation.
import { anyOf, run, tables } from '../rows.ts';
import { notProjected, type Projections, type TypesOf } from './apply.ts';

export const ofConversation: Projections<TypesOf<'message' | 'owner'>> = {
  'message.said': (tx, { payload, ownerId, seq, at }) =>
    run(
      tx,
      tables.insertInto('messages').values({
        id: payload.id,
        owner_id: ownerId,
        role: payload.role,
        text: payload.text,
        state: 'kept',
        turn_id: payload.turnId,
        seq,
        at,
        attachments: JSON.stringify(payload.attachments ?? []),
      }),
    ),
  'message.forgotten': (tx, { payload, ownerId }) =>
    run(
      tx,
      tables.deleteFrom('messages').where('owner_id', '=', ownerId).where('id', '=', anyOf(payload.ids)),
    ),
  'owner.caught_up': notProjected,
};
