import { Controller, Headers, Inject, Req } from '@nestjs/common';
import type { Given } from '@mainloop/models/contracts/routes';
import { claimDelivery } from '@mainloop/models/db/forge/effects';
import { lookAgainAbout } from '@mainloop/models/db/forge/look-again';
import { withTx, type Db } from '@mainloop/models/db/pool';
import { newsOf, NO_NEWS, reposOfInstallation } from '@mainloop/models/flow/forge/news';
import { isSecret } from '@mainloop/network/secrets';
import type { Request } from 'express';
import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ApiConfig } from '../config.ts';
import { CONFIG, DB } from '../tokens.ts';
import { refuse } from './refuse.ts';
import { Route } from './route.ts';

/** Of a GitHub App: what it may reach has changed. */
const REACH = new Set(['installation', 'installation_repositories']);

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

/**
 * Whether a request is the forge's: it brings a signature instead of a sign-in.
 * @returns by its path alone: nothing of it was read yet
 */
export const isWebhook = (req: IncomingMessage): boolean => (req.url ?? '').startsWith('/api/webhooks/');
/** GitHub sends no larger ones (https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap). */
export const MAX_WEBHOOK_BYTES = 25 * 1024 * 1024;

/** @returns what a webhook says, as JSON or as the form that GitHub offers besides; undefined when it is neither */
function bodyOf(raw: Buffer, contentType: string): unknown {
  const text = raw.toString('utf8');
  try {
    return JSON.parse(
      /^application\/x-www-form-urlencoded\b/i.test(contentType)
        ? (new URLSearchParams(text).get('payload') ?? '')
        : text,
    );
  } catch {
    // Neither JSON nor that form: the caller refuses it.
    return undefined;
  }
}

@Controller()
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
  @Route('takeWebhook')
  async github(
    @Req() req: Request,
    @Headers('x-hub-signature-256') signature?: string,
    @Headers('x-github-delivery') delivery?: string,
    @Headers('x-github-event') event?: string,
  ): Promise<Given<'takeWebhook'>> {
    const raw = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    if (
      !delivery ||
      !isSecret(
        signature,
        `sha256=${createHmac('sha256', this.config.webhookSecret).update(raw).digest('hex')}`,
      )
    )
      throw refuse('wrong_signature');
    if (!event || (!NEWS.has(event) && !REACH.has(event))) return { ok: true };
    const body = bodyOf(raw, req.headers['content-type'] ?? '');
    if (body === undefined) throw refuse('no_webhook');
    const repo = (body as { repository?: { full_name?: unknown } } | null)?.repository?.full_name ?? '';
    await withTx(this.db, async (tx) => {
      if (!(await claimDelivery(tx, delivery.slice(0, 100)))) return;
      // Whatever is open there is looked at: its next question is answered, or refused in words.
      if (REACH.has(event))
        for (const reached of reposOfInstallation(body))
          await lookAgainAbout(tx, reached, { ...NO_NEWS, baseMoved: true });
      else await lookAgainAbout(tx, String(repo), newsOf(body));
    });
    return { ok: true };
  }
}
