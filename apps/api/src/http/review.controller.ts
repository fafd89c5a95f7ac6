import { Controller, Inject, Param } from '@nestjs/common';
import type { Given, Taken } from '@mainloop/models/contracts/routes';
import type { Db } from '@mainloop/models/db/pool';
import {
  changeComment,
  draftComment,
  listComments,
  noteLooked,
  takeComment,
  type ReviewResult,
} from '@mainloop/models/db/review/comments';
import { findEvidence } from '@mainloop/models/db/review/evidence';
import { checksOf, failureFacts, summaryOf, twoSentences } from '@mainloop/models/events/facts';
import { OWNER } from '@mainloop/models/flow/ids';
import { readDiff } from '@mainloop/models/flow/review/diff';
import { MAX_RISKS, risksOf } from '@mainloop/models/flow/review/risks';
import { DB } from '../tokens.ts';
import { granted, refuse } from './refuse.ts';
import { Route, Sent } from './route.ts';

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

@Controller()
export class ReviewController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Route('listComments')
  comments(@Param('id') id: string): Promise<Given<'listComments'>> {
    return listComments(this.db, OWNER, id);
  }

  @Route('getEvidence')
  async evidence(@Param('id') taskId: string): Promise<Given<'getEvidence'>> {
    const found = await findEvidence(this.db, OWNER, taskId);
    if (found === null) throw refuse('no_task');
    const diff = readDiff(found.newest?.diff ?? '');
    const failed = failureFacts(found.events);
    return {
      what: twoSentences(summaryOf(found.events)),
      why: twoSentences(found.prompt),
      checks: checksOf(found.events, found.lookOpen),
      red: [...failed.checks],
      tried: failed.tried,
      risks: risksOf(diff).slice(0, MAX_RISKS),
      files: diff.files.length,
      additions: sum(diff.files.map((file) => file.additions)),
      deletions: sum(diff.files.map((file) => file.deletions)),
      unseen: found.unseen,
    };
  }

  @Route('addComment')
  async comment(
    @Param('id') taskId: string,
    @Sent('addComment') comment: Taken<'addComment'>,
  ): Promise<Given<'addComment'>> {
    return done(await draftComment(this.db, { ownerId: OWNER, taskId, by: 'you', comment }));
  }

  @Route('editComment')
  async edit(
    @Param('id') id: string,
    @Sent('editComment') body: Taken<'editComment'>,
  ): Promise<Given<'editComment'>> {
    return done(await changeComment(this.db, { ownerId: OWNER, id, by: 'you', to: { text: body.text } }));
  }

  @Route('dropComment')
  async remove(@Param('id') id: string): Promise<Given<'dropComment'>> {
    return done(await changeComment(this.db, { ownerId: OWNER, id, by: 'you', to: { removed: true } }));
  }

  @Route('resolveComment')
  async resolve(
    @Param('id') id: string,
    @Sent('resolveComment') body: Taken<'resolveComment'>,
  ): Promise<Given<'resolveComment'>> {
    return done(
      await changeComment(this.db, { ownerId: OWNER, id, by: 'you', to: { resolved: body.resolved } }),
    );
  }

  @Route('takeComment')
  async take(@Param('id') id: string): Promise<Given<'takeComment'>> {
    return done(await takeComment(this.db, { ownerId: OWNER, id, by: 'you' }));
  }

  @Route('noteLooked')
  async looked(
    @Param('id') taskId: string,
    @Sent('noteLooked') body: Taken<'noteLooked'>,
  ): Promise<Given<'noteLooked'>> {
    return done(await noteLooked(this.db, { ownerId: OWNER, taskId, pushId: body.pushId, by: 'you' }));
  }
}

function done(result: ReviewResult): { ok: true } {
  granted(result);
  return { ok: true };
}
