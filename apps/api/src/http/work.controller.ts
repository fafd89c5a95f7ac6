import { Controller, Inject, Param } from '@nestjs/common';
import type { AskedOf, Given, Taken } from '@mainloop/models/contracts/routes';
import { keepDraft, listDrafts } from '@mainloop/models/db/conversation/drafts';
import { pause, steer } from '@mainloop/models/db/runs/commands';
import {
  cancelTask,
  decide,
  noteAttention,
  noteTaskLooked,
  setBudget,
  setModel,
  waitsForCi,
} from '@mainloop/models/db/inbox/decide';
import { listItemsOfTask, listOpenItems } from '@mainloop/models/db/inbox/items';
import { appendOnce, eventsOfTask } from '@mainloop/models/db/log';
import { openItems } from '@mainloop/models/db/devices/push';
import type { Db } from '@mainloop/models/db/pool';
import { pauseAll, readPause, resumeAll } from '@mainloop/models/db/runs/pause';
import { hasRun, listRuns } from '@mainloop/models/db/runs/lists';
import { listQueued } from '@mainloop/models/db/runs/slots';
import { readOutput } from '@mainloop/models/db/runs/output';
import { setBlockers, setPriority } from '@mainloop/models/db/tasks/order';
import { findArea } from '@mainloop/models/db/awareness/areas';
import { listCollisions } from '@mainloop/models/db/awareness/collisions';
import { findTask, listTasks } from '@mainloop/models/db/tasks/tasks';
import { ownerCaughtUp } from '@mainloop/models/events/conversation';
import { OWNER } from '@mainloop/models/flow/ids';
import { DB } from '../tokens.ts';
import { granted, refuse } from './refuse.ts';
import { Asked, Route, Sent } from './route.ts';

@Controller()
export class WorkController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Route('listTasks')
  tasks(@Asked('listTasks') { state }: AskedOf<'listTasks'>): Promise<Given<'listTasks'>> {
    return listTasks(this.db, OWNER, state ?? null);
  }

  @Route('getTask')
  async task(@Param('id') id: string): Promise<Given<'getTask'>> {
    const task = await findTask(this.db, OWNER, id);
    if (!task) throw refuse('no_task');
    const [runs, items, collisions, knows] = await Promise.all([
      listRuns(this.db, id),
      listItemsOfTask(this.db, OWNER, id),
      listCollisions(this.db, OWNER, id),
      findArea(this.db, OWNER, id),
    ]);
    return { ...task, items, runs, collisions: [...(collisions.get(id) ?? [])], knows };
  }

  @Route('listEvents')
  async events(@Param('id') id: string): Promise<Given<'listEvents'>> {
    return (await eventsOfTask(this.db, OWNER, id)).map((e) => ({ ...e, payload: { ...e.payload } }));
  }

  @Route('listQueued')
  queued(): Promise<Given<'listQueued'>> {
    return listQueued(this.db, OWNER);
  }

  @Route('setPriority')
  async priority(
    @Param('id') taskId: string,
    @Sent('setPriority') { priority }: Taken<'setPriority'>,
  ): Promise<Given<'setPriority'>> {
    granted(await setPriority(this.db, { ownerId: OWNER, taskId, priority, by: 'you' }));
    return { ok: true };
  }

  @Route('setBlockers')
  async blockers(
    @Param('id') taskId: string,
    @Sent('setBlockers') { blockedBy }: Taken<'setBlockers'>,
  ): Promise<Given<'setBlockers'>> {
    granted(await setBlockers(this.db, { ownerId: OWNER, taskId, blockedBy, by: 'you' }));
    return { ok: true };
  }

  @Route('cancelTask')
  async cancel(@Param('id') id: string): Promise<Given<'cancelTask'>> {
    granted(await cancelTask(this.db, { ownerId: OWNER, taskId: id, by: 'you' }));
    return { ok: true };
  }

  @Route('steerTask')
  async say(
    @Param('id') id: string,
    @Sent('steerTask') body: Taken<'steerTask'>,
  ): Promise<Given<'steerTask'>> {
    return {
      heard: granted(await steer(this.db, { ownerId: OWNER, taskId: id, text: body.text, by: 'you' })).heard,
    };
  }

  @Route('pauseTask')
  async pause(@Param('id') id: string): Promise<Given<'pauseTask'>> {
    granted(await pause(this.db, { ownerId: OWNER, taskId: id }));
    return { ok: true };
  }

  @Route('listDrafts')
  drafts(): Promise<Given<'listDrafts'>> {
    return listDrafts(this.db, OWNER);
  }

  @Route('keepDraft')
  keepDraft(@Sent('keepDraft') draft: Taken<'keepDraft'>): Promise<Given<'keepDraft'>> {
    return keepDraft(this.db, OWNER, draft);
  }

  @Route('getPause')
  paused(): Promise<Given<'getPause'>> {
    return readPause(this.db, OWNER);
  }

  @Route('pauseAll')
  pauseAll(@Sent('pauseAll') { via }: Taken<'pauseAll'>): Promise<Given<'pauseAll'>> {
    return pauseAll(this.db, { ownerId: OWNER, via, by: 'you' });
  }

  @Route('resumeAll')
  resumeAll(@Sent('resumeAll') { via }: Taken<'resumeAll'>): Promise<Given<'resumeAll'>> {
    return resumeAll(this.db, { ownerId: OWNER, via, by: 'you' });
  }

  @Route('noteTaskLooked')
  async looked(
    @Param('id') taskId: string,
    @Sent('noteTaskLooked') body: Taken<'noteTaskLooked'>,
  ): Promise<Given<'noteTaskLooked'>> {
    await noteTaskLooked(this.db, { ownerId: OWNER, taskId, seen: new Date(body.seen), by: 'you' });
    return { ok: true };
  }

  @Route('setBudget')
  async budget(
    @Param('id') id: string,
    @Sent('setBudget') body: Taken<'setBudget'>,
  ): Promise<Given<'setBudget'>> {
    granted(
      await setBudget(this.db, { ownerId: OWNER, taskId: id, budgetCents: body.budgetCents, by: 'you' }),
    );
    return { ok: true };
  }

  @Route('changeModel')
  async model(
    @Param('id') id: string,
    @Sent('changeModel') body: Taken<'changeModel'>,
  ): Promise<Given<'changeModel'>> {
    granted(await setModel(this.db, { ownerId: OWNER, taskId: id, model: body.model, by: 'you' }));
    return { ok: true };
  }

  @Route('readOutput')
  async output(
    @Param('id') id: string,
    @Asked('readOutput') { from }: AskedOf<'readOutput'>,
  ): Promise<Given<'readOutput'>> {
    if (!(await hasRun(this.db, OWNER, id))) throw refuse('no_run');
    const result = await readOutput(this.db, id, from);
    return { from, next: from + result.data.length, text: result.data.toString('utf8') };
  }

  @Route('listInbox')
  inbox(): Promise<Given<'listInbox'>> {
    return listOpenItems(this.db, OWNER);
  }

  @Route('countWaiting')
  async waiting(): Promise<Given<'countWaiting'>> {
    return { waiting: await openItems(this.db, OWNER) };
  }

  @Route('decide')
  async decide(@Param('id') id: string, @Sent('decide') body: Taken<'decide'>): Promise<Given<'decide'>> {
    return {
      taskId: granted(
        await decide(this.db, {
          ownerId: OWNER,
          itemId: id,
          decision: body.decision,
          text: body.text,
          via: body.via,
          by: 'you',
          method: body.method,
          answerId: body.answerId,
          taps: body.taps,
          ms: body.ms,
        }),
      ).taskId,
    };
  }

  @Route('noteSeen')
  async seen(
    @Param('id') itemId: string,
    @Sent('noteSeen') note: Taken<'noteSeen'>,
  ): Promise<Given<'noteSeen'>> {
    await noteAttention(this.db, { ownerId: OWNER, itemId, by: 'you', note });
    return { ok: true };
  }

  @Route('noteNotNeeded')
  async notNeeded(@Param('id') itemId: string): Promise<Given<'noteNotNeeded'>> {
    await noteAttention(this.db, { ownerId: OWNER, itemId, by: 'you', note: 'not_needed' });
    return { ok: true };
  }

  @Route('snooze')
  async snooze(@Param('id') itemId: string, @Sent('snooze') body: Taken<'snooze'>): Promise<Given<'snooze'>> {
    if (body.untilCi === true && !(await waitsForCi(this.db, { ownerId: OWNER, itemId })))
      throw refuse('no_ci');
    const note = { until: new Date(Date.now() + body.minutes * 60_000), untilCi: body.untilCi === true };
    await noteAttention(this.db, { ownerId: OWNER, itemId, by: 'you', note });
    return { ok: true };
  }

  @Route('catchUp')
  async caughtUp(@Sent('catchUp') body: Taken<'catchUp'>): Promise<Given<'catchUp'>> {
    await appendOnce(this.db, [ownerCaughtUp.new({ actor: 'you', payload: { seq: body.seq } })], OWNER);
    return { ok: true };
  }
}
