-- What was read from sentences and ids becomes columns. Rows that are there get what their words said; the upcasts of the events
-- `task.state`, `task.ended` and `inbox.opened` say the same of the log.
ALTER TABLE "tasks" ADD COLUMN "waiting_for" TEXT, ADD COLUMN "ended_how" TEXT;
ALTER TABLE "inbox_items" ADD COLUMN "run_id" TEXT, ADD COLUMN "question_no" INTEGER, ADD COLUMN "error_code" TEXT,
  ADD COLUMN "title_is_whole" BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX "inbox_items_run_id_idx" ON "inbox_items" ("run_id");

UPDATE "tasks" SET waiting_for = 'permission', status_line = '' WHERE status_line = 'Claude waits for your leave to go on.';
UPDATE "tasks" SET waiting_for = 'account_limit' WHERE state = 'blocked' AND starts_with(status_line, 'The account''s usage limit is reached.');

UPDATE "tasks" AS t SET ended_how = e.how, status_line = ltrim(substr(t.status_line, length(e.words) + 1))
  FROM (VALUES ('merged', 'Merged.'), ('closed', 'The pull request was closed without a merge.'),
    ('kept', 'The pull request was closed without a merge; its branch is kept.'), ('cancelled', 'Cancelled by you.'), ('cancelled_in_temporal', 'Cancelled in Temporal.')) AS e (how, words)
  WHERE t.ended_at IS NOT NULL AND starts_with(t.status_line, e.words);

UPDATE "inbox_items" SET run_id = regexp_replace(id, '-q[0-9]+$', ''), question_no = substring(id FROM '-q([0-9]+)$')::int
  WHERE kind = 'question' AND id ~ '-q[0-9]+$';
UPDATE "inbox_items" SET run_id = regexp_replace(id, '-p[0-9a-f]{10}$', ''), title_is_whole = right(title, 1) <> '…'
  WHERE kind = 'permission' AND id ~ '-p[0-9a-f]{10}$';
UPDATE "inbox_items" AS i SET error_code = coalesce(c.code, 'gate')
  FROM "inbox_items" AS f LEFT JOIN (VALUES ('stopped', 'paused'), ('silent', 'silent'), ('killed', 'lost'), ('lost', 'lost'),
    ('rate_limit', 'model_failing'), ('overloaded', 'model_failing'), ('server_error', 'model_failing'), ('network', 'model_failing'),
    ('turns', 'turns'), ('budget', 'budget'), ('day', 'day'), ('project_day', 'project_day'), ('time', 'time'), ('disk', 'disk')) AS c (word, code)
    ON c.word = f.body
  WHERE i.id = f.id AND f.kind = 'failure' AND (c.code IS NOT NULL
    OR starts_with(f.title, 'The checks are green, but the change removes or skips tests.')
    OR starts_with(f.title, 'This repository has no CI, so nothing has checked the change.'));
UPDATE "tasks" AS t SET failure = t.failure || jsonb_build_object('code', i.error_code)
  FROM "inbox_items" AS i WHERE t.failure IS NOT NULL AND i.id = t.failure ->> 'itemId' AND i.error_code IS NOT NULL;
