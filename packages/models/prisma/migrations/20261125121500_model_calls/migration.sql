-- Money promised to model calls in flight, kept where every gateway sees it. A row goes when its call is paid for, in the same transaction.
CREATE TABLE "model_calls" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "task_id" TEXT,
    "run_id" TEXT,
    "gateway" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "reserved_microusd" BIGINT NOT NULL,
    "input_tokens" BIGINT NOT NULL,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "model_calls_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "model_calls_lease_until_idx" ON "model_calls"("lease_until");

-- Takes money for a call, or more of it for one that has some: all or nothing, and one at a time over all gateways. Every statement in a
-- function sees what was committed before it began, so the sums below are read after the lock is held.
-- Limits are in micro-dollars; NULL means that there is none. Returns what was in the way, or NULL.
CREATE FUNCTION "reserve_model_call"(
    p_id TEXT, p_owner TEXT, p_project TEXT, p_task TEXT, p_run TEXT, p_gateway TEXT, p_model TEXT,
    p_more BIGINT, p_input BIGINT, p_owner_limit BIGINT, p_project_limit BIGINT, p_lease_ms BIGINT
) RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
  in_the_way TEXT;
BEGIN
  PERFORM pg_advisory_xact_lock(7140008);
  SELECT CASE
      WHEN p_task IS NOT NULL AND s.task_left < p_more THEN 'task'
      WHEN s.owner_spent + p_more > p_owner_limit THEN 'day'
      WHEN s.project_spent + p_more > p_project_limit THEN 'project_day'
    END
    INTO in_the_way
    FROM (
      SELECT
        (SELECT t.budget_cents::bigint * 10000 - t.cost_microusd FROM tasks t WHERE t.id = p_task)
          - (SELECT coalesce(sum(c.reserved_microusd), 0) FROM model_calls c WHERE c.task_id = p_task) AS task_left,
        (SELECT coalesce(sum(d.microusd), 0) FROM cost_days d WHERE d.owner_id = p_owner AND d.day = (now() AT TIME ZONE 'UTC')::date)
          + (SELECT coalesce(sum(c.reserved_microusd), 0) FROM model_calls c WHERE c.owner_id = p_owner) AS owner_spent,
        (SELECT coalesce(sum(d.microusd), 0) FROM cost_days d
          WHERE d.owner_id = p_owner AND d.day = (now() AT TIME ZONE 'UTC')::date AND d.project_id = p_project)
          + (SELECT coalesce(sum(c.reserved_microusd), 0) FROM model_calls c WHERE c.owner_id = p_owner AND c.project_id = p_project) AS project_spent
    ) s;
  IF in_the_way IS NOT NULL THEN RETURN in_the_way; END IF;
  INSERT INTO model_calls (id, owner_id, project_id, task_id, run_id, gateway, model, reserved_microusd, input_tokens, lease_until)
    VALUES (p_id, p_owner, p_project, p_task, p_run, p_gateway, p_model, p_more, p_input, now() + p_lease_ms * interval '1 millisecond')
    ON CONFLICT (id) DO UPDATE SET reserved_microusd = model_calls.reserved_microusd + excluded.reserved_microusd;
  RETURN NULL;
END $$;

DO $$
BEGIN
  GRANT SELECT, INSERT, UPDATE, DELETE ON "model_calls" TO mainloop_gateway;
  GRANT SELECT ON "model_calls" TO mainloop_web;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'mainloop: this server does not let us grant rights';
END $$;
