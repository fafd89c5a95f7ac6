// The projections: how one event changes what people see. Applied in the append's own transaction, and again on rebuild,
// so nothing here may read the clock, random numbers or a table that is not a projection.
import type { LoggedEvent } from '../flow/events.ts';
import { WAITS_FOR_LEAVE } from '../flow/states.ts';
import type { Tx } from './pool.ts';

export const PROJECTION_TABLES = ['projects', 'messages', 'proposals', 'tasks', 'inbox_items', 'review_comments', 'cost_days'] as const;

export async function project(tx: Tx, e: LoggedEvent): Promise<void> {
  const p = e.payload as never as Record<string, unknown>;
  const task = (set: string, ...args: unknown[]): Promise<unknown> =>
    tx.query(`update tasks set ${set}, updated_at = $2 where id = $1`, [e.taskId, e.at, ...args]);
  switch (e.type) {
    case 'message.said':
      await tx.query('insert into messages (id, owner_id, role, text, state, turn_id, seq, at, attachments) values ($1,$2,$3,$4,$5,$6,$7,$8,$9)', [
        p.id,
        e.ownerId,
        p.role,
        p.text,
        'kept',
        p.turnId,
        e.seq,
        e.at,
        JSON.stringify(p.attachments ?? []),
      ]);
      return;
    case 'project.added':
      await tx.query(
        `insert into projects (id, owner_id, name, repo, default_branch, remote_url, local_path, created_at) values ($1,$2,$3,$4,$5,$6,$7,$8)
         on conflict (owner_id, repo) do update set default_branch = excluded.default_branch, remote_url = excluded.remote_url,
           local_path = coalesce(excluded.local_path, projects.local_path)`,
        [p.id, e.ownerId, p.name, p.repo, p.defaultBranch, p.remoteUrl, p.localPath, e.at],
      );
      return;
    case 'project.settings':
      await tx.query(`update projects set settings = case when jsonb_typeof(settings) = 'object' then settings else '{}' end || $2 where id = $1`, [
        p.id,
        JSON.stringify(p.settings),
      ]);
      return;
    case 'project.refused':
      return;
    case 'proposal.made':
      await tx.query(
        `insert into proposals (id, owner_id, turn_id, project_id, title, prompt, model, budget_cents, skip_plan, state, digest, expires_at, seq, at, attachments, to_task_id)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,'open',$10,$11,$12,$13,$14,$15)`,
        [
          p.id,
          e.ownerId,
          p.turnId,
          p.projectId,
          p.title,
          p.prompt,
          p.model,
          p.budgetCents,
          p.skipPlan,
          p.digest,
          p.expiresAt,
          e.seq,
          e.at,
          JSON.stringify(p.attachments ?? []),
          p.toTaskId ?? null,
        ],
      );
      return;
    case 'proposal.told':
      await tx.query("update proposals set state = 'confirmed', task_id = $2 where id = $1", [p.id, p.taskId]);
      return;
    case 'proposal.declined':
    case 'proposal.expired':
      await tx.query('update proposals set state = $2 where id = $1', [p.id, e.type.slice('proposal.'.length)]);
      return;
    case 'task.confirmed':
      await tx.query(
        `insert into tasks (id, owner_id, project_id, title, prompt, model, budget_cents, skip_plan, state, phase, branch, created_at, updated_at, attachments)
         values ($1,$2,$3,$4,$5,$6,$7,$8,'queued','plan',$9,$10,$10,$11)`,
        [
          e.taskId,
          e.ownerId,
          p.projectId,
          p.title,
          p.prompt,
          p.model,
          p.budgetCents,
          p.skipPlan,
          p.branch,
          e.at,
          JSON.stringify(p.attachments ?? []),
        ],
      );
      if (p.proposalId) await tx.query("update proposals set state = 'confirmed', task_id = $2 where id = $1", [p.proposalId, e.taskId]);
      return;
    case 'task.state':
      await task('state = $3, phase = $4, status_line = $5', p.state, p.phase, p.statusLine);
      return;
    case 'task.retried':
      await task('failure = null');
      return;
    case 'task.ended':
      await task('state = $3, status_line = $4, ended_at = $2, failure = null, active_run_id = null', p.state, p.statusLine);
      await tx.query("update inbox_items set state = 'closed' where task_id = $1 and state = 'open'", [e.taskId]);
      return;
    case 'task.budget_raised':
      await task('budget_cents = $3', p.budgetCents);
      return;
    case 'task.model_changed':
      await task('model = $3', p.model);
      return;
    case 'plan.written':
      await task('plan = $3, plan_revision = $4', p.markdown, p.revision);
      return;
    case 'issue.ensured':
      await task('issue_number = $3, issue_url = $4', p.number, p.url);
      return;
    case 'pr.ensured':
      await task('pr_number = $3, pr_url = $4', p.number, p.url);
      return;
    case 'run.started':
      await task('active_run_id = $3', p.runId);
      return;
    case 'run.ended':
      await task('active_run_id = null, turns = turns + 1');
      return;
    case 'agent.said':
      await task('status_line = $3', p.text);
      return;
    case 'branch.pushed':
      await task('head_sha = $3, ci = null', p.sha);
      return;
    case 'ci.verdict':
      await task(
        'ci = $3',
        JSON.stringify({
          passed: p.passed,
          failed: p.failed,
          pending: p.pending,
          verdict: p.verdict,
          ...(p.outcome === undefined ? {} : { outcome: p.outcome }),
        }),
      );
      return;
    case 'cost.metered':
      await tx.query(
        `insert into cost_days (owner_id, day, project_id, model, microusd, input_tokens, output_tokens)
         values ($1, ($2::timestamptz at time zone 'UTC')::date, coalesce((select project_id from tasks where id = $3), ''), $4, $5, $6, $7)
         on conflict (owner_id, day, project_id, model) do update set microusd = cost_days.microusd + excluded.microusd,
           input_tokens = cost_days.input_tokens + excluded.input_tokens, output_tokens = cost_days.output_tokens + excluded.output_tokens`,
        [e.ownerId, e.at, e.taskId, p.model, p.microusd, p.inputTokens, p.outputTokens],
      );
      if (e.taskId) await task('cost_microusd = cost_microusd + $3', p.microusd);
      return;
    case 'inbox.opened':
      await tx.query(
        `insert into inbox_items (id, owner_id, task_id, kind, title, body, options, multiple, state, created_at) values ($1,$2,$3,$4,$5,$6,$7,$8,'open',$9)`,
        [p.id, e.ownerId, e.taskId, p.kind, p.title, p.body, JSON.stringify(p.options), p.multiple ?? false, e.at],
      );
      if (p.kind === 'permission') await task('status_line = $3', WAITS_FOR_LEAVE);
      if (p.kind === 'failure') await task('failure = $3', JSON.stringify({ itemId: p.id, sentence: p.title, detail: p.body }));
      return;
    case 'inbox.answered':
      await tx.query(
        `update inbox_items set state = 'answered', answer = $2, answered_via = $3, answered_by = $4, answered_at = $5, taps = $6, attention_ms = $7 where id = $1`,
        [
          p.id,
          JSON.stringify({ decision: p.decision, text: p.text, ...(p.answerId === undefined ? {} : { answerId: p.answerId }) }),
          p.via,
          p.by,
          e.at,
          p.taps ?? null,
          p.ms ?? null,
        ],
      );
      return noLongerWaits(tx, e);
    case 'inbox.seen':
      await tx.query(`update inbox_items set ${p.what === 'opened' ? 'opened_at' : 'shown_at'} = $2 where id = $1`, [p.id, e.at]);
      return;
    case 'inbox.snoozed':
      await tx.query('update inbox_items set snoozed_until = $2 where id = $1', [p.id, p.until]);
      return;
    case 'inbox.not_needed':
      await tx.query('update inbox_items set not_needed = true where id = $1', [p.id]);
      return;
    case 'owner.caught_up':
      return;
    case 'inbox.closed':
      await tx.query("update inbox_items set state = 'closed', answered_at = $2 where id = $1 and state = 'open'", [p.id, e.at]);
      return noLongerWaits(tx, e);
    case 'review.commented':
      await tx.query(
        `insert into review_comments (id, owner_id, task_id, path, side, start_line, line, sha, quote, body, author, via, state, forge_id, created_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) on conflict (id) do nothing`,
        [p.id, e.ownerId, e.taskId, p.path, p.side, p.startLine, p.line, p.sha, p.quote, p.text, p.author, p.via, p.state, p.forgeId, e.at],
      );
      return;
    case 'review.comment_edited':
      await tx.query("update review_comments set body = $2 where id = $1 and state = 'draft'", [p.id, p.text]);
      return;
    case 'review.comment_removed':
      await tx.query("delete from review_comments where id = $1 and state = 'draft'", [p.id]);
      return;
    case 'review.submitted':
      await tx.query("update review_comments set state = 'open' where id = any($1) and state = 'draft'", [p.ids]);
      return;
    case 'review.published':
      await tx.query('update review_comments set forge_id = $2 where id = $1', [p.id, p.forgeId]);
      return;
    case 'review.replied':
      await tx.query('update review_comments set answer = $2, answered_at = $3 where id = $1', [p.id, p.text, e.at]);
      return;
    case 'review.resolved':
      await tx.query("update review_comments set state = $2 where id = $1 and state <> 'draft'", [p.id, p.resolved ? 'resolved' : 'open']);
      return;
    case 'review.looked':
      await task('looked_push = $3', p.pushId);
      return;
    case 'task.steered':
    case 'task.allowed':
    case 'evidence.recorded':
    case 'packages.fetched':
    case 'pr.ready':
    case 'pr.merged':
    case 'pr.closed':
    case 'run.silent':
    case 'settings.unreadable':
    case 'forge.unreadable':
    case 'pr.taken_back':
    case 'sandbox.stuck':
    case 'push.held':
    case 'push.refused':
    case 'review.asked_changes':
      if (e.taskId) await task('phase = phase');
      return;
    default:
      e satisfies never;
  }
}

async function noLongerWaits(tx: Tx, e: LoggedEvent): Promise<void> {
  await tx.query(
    `update tasks set status_line = '' where id = $1 and status_line = $2
      and not exists (select 1 from inbox_items where task_id = $1 and kind = 'permission' and state = 'open')`,
    [e.taskId, WAITS_FOR_LEAVE],
  );
}
