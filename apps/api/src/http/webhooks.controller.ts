import { Controller, Headers, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { pokeAbout } from '@mainloop/models/db/pokes';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { newsOf } from '@mainloop/models/flow/news';
import { verify } from '@octokit/webhooks-methods';
import type { Request } from 'express';
import type { ApiConfig } from '../config.ts';
import { CONFIG, DB } from '../tokens.ts';
import { refuse } from './refuse.ts';

/** Events that may mean news for a task. Everything else is answered and forgotten. */
const NEWS = new Set([
  'check_run',
  'check_suite',
  'workflow_run',
  'status',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'pull_request_review_thread',
  'issue_comment',
  'issues',
  'push',
]);

@ApiTags('webhooks')
@Controller('api/webhooks')
export class WebhooksController {
  private readonly db: Db;
  private readonly config: ApiConfig;
  constructor(@Inject(DB) db: Db, @Inject(CONFIG) config: ApiConfig) {
    this.db = db;
    this.config = config;
  }

  /**
   * A webhook is a hint: verified, taken once, and turned into "look again" for the tasks it is about. What it
   * says is never believed; the worker asks GitHub. So twice, late and out of order do no harm.
   */
  @Post('github')
  @HttpCode(202)
  @ApiOperation({ summary: 'GitHub webhooks (HMAC, deduplicated by delivery id)' })
  async github(
    @Req() req: Request & { rawBody?: Buffer },
    @Headers('x-hub-signature-256') signature?: string,
    @Headers('x-github-delivery') delivery?: string,
    @Headers('x-github-event') event?: string,
  ): Promise<{ ok: true }> {
    const raw = req.rawBody?.toString('utf8') ?? '';
    if (!signature || !delivery || !(await verify(this.config.webhookSecret, raw, signature).catch(() => false)))
      throw refuse('forbidden', 'The signature does not match GITHUB_WEBHOOK_SECRET.');
    if (!event || !NEWS.has(event)) return { ok: true };
    const repo = ((req.body as { repository?: { full_name?: unknown } } | undefined)?.repository?.full_name ?? '') as string;
    await withTx(this.db, async (tx) => {
      const first = await tx.query('insert into webhook_deliveries (id) values ($1) on conflict do nothing', [delivery.slice(0, 100)]);
      if (first.rowCount === 0) return;
      await pokeAbout(tx, String(repo), newsOf(req.body));
    });
    return { ok: true };
  }
}
