// Messages of the conversation.
import { isOnlyTold, type Projections, type TypesOf } from './apply.ts';

export const ofConversation: Projections<TypesOf<'message' | 'owner'>> = {
  'message.said': (tx, { payload, ownerId, seq, at }) =>
    tx.query('insert into messages (id, owner_id, role, text, state, turn_id, seq, at, attachments) values ($1,$2,$3,$4,$5,$6,$7,$8,$9)', [
      payload.id,
      ownerId,
      payload.role,
      payload.text,
      'kept',
      payload.turnId,
      seq,
      at,
      JSON.stringify(payload.attachments ?? []),
    ]),
  'owner.caught_up': isOnlyTold,
};
