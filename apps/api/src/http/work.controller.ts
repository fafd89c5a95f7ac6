import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CaughtUp, ChangeModel, Decide, RaiseBudget, Seen, Snooze, Steer } from '@mainloop/models/contracts/http';
import { pause, steer } from '@mainloop/models/db/commands';
import { cancelTask, decide, noteAttention, setBudget, setModel } from '@mainloop/models/db/decide';
import { listItemsOfTask, listOpenItems, type ItemSummary } from '@mainloop/models/db/inbox';
import { appendOnce, eventsOfTask } from '@mainloop/models/db/log';
import { openItems } from '@mainloop/models/db/push';
import type { Db } from '@mainloop/models/db/pool';
import { hasRun, listRuns, type RunSummary } from '@mainloop/models/db/run-lists';
import { readOutput } from '@mainloop/models/db/runs';
import { findTask, listTasks, type TaskDetail, type TaskSummary } from '@mainloop/models/db/tasks';
import { ownerCaughtUp } from '@mainloop/models/events/conversation';
import { OWNER } from '@mainloop/models/flow/ids';
import { DB } from '../tokens.ts';
import { granted, refuse } from './refuse.ts';

@ApiTags('work')
@Controller('api')
export class WorkController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Get('tasks')
  @ApiOperation({ summary: 'Tasks, open ones first, newest 200' })
  tasks(@Query('state') state?: string): Promise<TaskSummary[]> {
    return listTasks(this.db, OWNER, state ?? null);
  }

  @Get('tasks/:id')
  @ApiOperation({ summary: 'One task with its plan, open items and runs' })
  async task(@Param('id') id: string): Promise<TaskDetail & { items: ItemSummary[]; runs: RunSummary[] }> {
    const task = await findTask(this.db, OWNER, id);
    if (!task) throw refuse('no_task');
    const runs = await listRuns(this.db, id);
    return { ...task, items: await listItemsOfTask(this.db, OWNER, id), runs };
  }

  @Get('tasks/:id/events')
  @ApiOperation({ summary: 'The story of a task: its events, oldest first' })
  events(@Param('id') id: string): Promise<unknown[]> {
    return eventsOfTask(this.db, OWNER, id);
  }

  @Post('tasks/:id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel: closes issue, pull request, branch and sandbox' })
  async cancel(@Param('id') id: string): Promise<{ ok: true }> {
    granted(await cancelTask(this.db, { ownerId: OWNER, taskId: id, by: 'you' }));
    return { ok: true };
  }

  @Post('tasks/:id/say')
  @HttpCode(200)
  @ApiOperation({ summary: 'Say something to a task: a running agent hears it before its next model call' })
  async say(@Param('id') id: string, @Body({ schema: Steer }) body: Steer): Promise<{ heard: 'now' | 'next_run' }> {
    return { heard: granted(await steer(this.db, { ownerId: OWNER, taskId: id, text: body.text, by: 'you' })).heard };
  }

  @Post('tasks/:id/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stop the running agent where it stands; Retry goes on' })
  async pause(@Param('id') id: string): Promise<{ ok: true }> {
    granted(await pause(this.db, { ownerId: OWNER, taskId: id }));
    return { ok: true };
  }

  @Post('tasks/:id/budget')
  @HttpCode(200)
  @ApiOperation({ summary: 'What a task may cost at most; counts at once' })
  async budget(@Param('id') id: string, @Body({ schema: RaiseBudget }) body: RaiseBudget): Promise<{ ok: true }> {
    granted(await setBudget(this.db, { ownerId: OWNER, taskId: id, budgetCents: body.budgetCents, by: 'you' }));
    return { ok: true };
  }

  @Post('tasks/:id/model')
  @HttpCode(200)
  @ApiOperation({ summary: 'Go on with another model; one that waits for a usage limit goes on at once' })
  async model(@Param('id') id: string, @Body({ schema: ChangeModel }) body: ChangeModel): Promise<{ ok: true }> {
    granted(await setModel(this.db, { ownerId: OWNER, taskId: id, model: body.model, by: 'you' }));
    return { ok: true };
  }

  @Get('runs/:id/output')
  @ApiOperation({ summary: "A run's output from an offset: JSON lines as the agent printed them" })
  async output(@Param('id') id: string, @Query('from') from?: string): Promise<{ from: number; next: number; text: string }> {
    if (!(await hasRun(this.db, OWNER, id))) throw refuse('no_run');
    const start = Math.max(0, Number(from ?? 0) || 0);
    const r = await readOutput(this.db, id, start);
    return { from: start, next: start + r.data.length, text: r.data.toString('utf8') };
  }

  @Get('inbox')
  @ApiOperation({ summary: 'What needs you' })
  inbox(): Promise<ItemSummary[]> {
    return listOpenItems(this.db, OWNER);
  }

  @Get('waiting')
  @ApiOperation({ summary: 'How many things are stopped on you: the number on every badge' })
  async waiting(): Promise<{ waiting: number }> {
    return { waiting: await openItems(this.db, OWNER) };
  }

  @Post('inbox/:id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Decide an item. The first decision counts, wherever it came from.' })
  async decide(@Param('id') id: string, @Body({ schema: Decide }) body: Decide): Promise<{ taskId: string }> {
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

  @Post('inbox/:id/seen')
  @HttpCode(200)
  @ApiOperation({ summary: 'Note for the attention ledger that an item was shown, or opened' })
  async seen(@Param('id') itemId: string, @Body({ schema: Seen }) note: Seen): Promise<{ ok: true }> {
    await noteAttention(this.db, { ownerId: OWNER, itemId, by: 'you', note });
    return { ok: true };
  }

  @Post('inbox/:id/not-needed')
  @HttpCode(200)
  @ApiOperation({ summary: 'Say that an item did not need you' })
  async notNeeded(@Param('id') itemId: string): Promise<{ ok: true }> {
    await noteAttention(this.db, { ownerId: OWNER, itemId, by: 'you', note: 'not_needed' });
    return { ok: true };
  }

  @Post('inbox/:id/snooze')
  @HttpCode(200)
  @ApiOperation({ summary: 'Look at an item later' })
  async snooze(@Param('id') itemId: string, @Body({ schema: Snooze }) body: Snooze): Promise<{ ok: true }> {
    await noteAttention(this.db, { ownerId: OWNER, itemId, by: 'you', note: { until: new Date(Date.now() + body.minutes * 60_000) } });
    return { ok: true };
  }

  @Post('caught-up')
  @HttpCode(200)
  @ApiOperation({ summary: 'Note until which event you know what happened; the next greeting starts there' })
  async caughtUp(@Body({ schema: CaughtUp }) body: CaughtUp): Promise<{ ok: true }> {
    await appendOnce(this.db, [ownerCaughtUp.new({ actor: 'you', payload: { seq: body.seq } })]);
    return { ok: true };
  }
}
