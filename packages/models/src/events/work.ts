// The one switch over all work.
import { z } from 'zod';
import { defineEvent } from './define.ts';
import { via } from './shapes.ts';

export const workPaused = defineEvent({
  type: 'work.paused',
  version: 1,
  says: 'The person paused everything: agents that run are stopped, and none is started before it is resumed.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ via }),
  keys: { new: null },
});

export const workResumed = defineEvent({
  type: 'work.resumed',
  version: 1,
  says: 'The person resumed everything: what was stopped goes on, and what waited starts.',
  about: 'owner',
  writtenBy: ['api'],
  payload: z.object({ via }),
  keys: { new: null },
});
