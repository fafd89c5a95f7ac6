import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { EditComment, Looked, NewComment, ResolveComment } from '@mainloop/models/contracts/http';
import type { Db } from '@mainloop/models/db/pool';
import { changeComment, draftComment, listComments, noteLooked, type CommentSummary, type ReviewResult } from '@mainloop/models/db/review';
import { OWNER } from '@mainloop/models/flow/ids';
import { DB } from '../tokens.ts';
import { granted } from './refuse.ts';

@ApiTags('review')
@Controller('api')
export class ReviewController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Get('tasks/:id/comments')
  @ApiOperation({ summary: 'Comments on the change of a task, made here or on GitHub, with what the agent answered' })
  comments(@Param('id') id: string): Promise<CommentSummary[]> {
    return listComments(this.db, OWNER, id);
  }

  @Post('tasks/:id/comments')
  @HttpCode(200)
  @ApiOperation({ summary: 'Comment on lines. A draft, until the review is sent by deciding the review item with "changes".' })
  async comment(@Param('id') taskId: string, @Body({ schema: NewComment }) comment: NewComment): Promise<{ ok: true }> {
    return done(await draftComment(this.db, { ownerId: OWNER, taskId, by: 'you', comment }));
  }

  @Patch('comments/:id')
  @ApiOperation({ summary: 'Change the text of a draft' })
  async edit(@Param('id') id: string, @Body({ schema: EditComment }) body: EditComment): Promise<{ ok: true }> {
    return done(await changeComment(this.db, { ownerId: OWNER, id, by: 'you', to: { text: body.text } }));
  }

  @Delete('comments/:id')
  @ApiOperation({ summary: 'Take a draft back' })
  async remove(@Param('id') id: string): Promise<{ ok: true }> {
    return done(await changeComment(this.db, { ownerId: OWNER, id, by: 'you', to: { removed: true } }));
  }

  @Post('comments/:id/resolve')
  @HttpCode(200)
  @ApiOperation({ summary: 'Resolve a thread, or open it again' })
  async resolve(@Param('id') id: string, @Body({ schema: ResolveComment }) body: ResolveComment): Promise<{ ok: true }> {
    return done(await changeComment(this.db, { ownerId: OWNER, id, by: 'you', to: { resolved: body.resolved } }));
  }

  @Post('tasks/:id/looked')
  @HttpCode(200)
  @ApiOperation({ summary: 'Note that a push was looked at; the next look can start there' })
  async looked(@Param('id') taskId: string, @Body({ schema: Looked }) body: Looked): Promise<{ ok: true }> {
    return done(await noteLooked(this.db, { ownerId: OWNER, taskId, pushId: body.pushId, by: 'you' }));
  }
}

function done(r: ReviewResult): { ok: true } {
  granted(r);
  return { ok: true };
}
