-- Limits of a week (from Monday) and of a month besides those of a day, all in UTC, of the owner and of the project. The function of before stays
-- for gateways of before, which call it with fewer limits. What stands in the way is named by its longest period.
CREATE FUNCTION "reserve_model_call"(
    p_id TEXT, p_owner TEXT, p_project TEXT, p_task TEXT, p_run TEXT, p_gateway TEXT, p_model TEXT, p_more BIGINT, p_input BIGINT,
    p_owner_day BIGINT, p_owner_week BIGINT, p_owner_month BIGINT, p_project_day BIGINT, p_project_week BIGINT, p_project_month BIGINT,
    p_lease_ms BIGINT
) RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
  in_the_way TEXT;
  today DATE := (now() AT TIME ZONE 'UTC')::date;
  monday DATE := date_trunc('week', now() AT TIME ZONE 'UTC')::date;
  first DATE := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
BEGIN
  PERFORM pg_advisory_xact_lock(7140008);
  SELECT CASE
      WHEN p_task IS NOT NULL AND s.task_left < p_more THEN 'task'
      WHEN d.owner_month + s.owner_promised + p_more > p_owner_month THEN 'month'
      WHEN d.owner_week + s.owner_promised + p_more > p_owner_week THEN 'week'
      WHEN d.owner_day + s.owner_promised + p_more > p_owner_day THEN 'day'
      WHEN d.project_month + s.project_promised + p_more > p_project_month THEN 'project_month'
      WHEN d.project_week + s.project_promised + p_more > p_project_week THEN 'project_week'
      WHEN d.project_day + s.project_promised + p_more > p_project_day THEN 'project_day'
    END
    INTO in_the_way
    FROM (
      SELECT
        (SELECT t.budget_cents::bigint * 10000 - t.cost_microusd FROM tasks t WHERE t.id = p_task)
          - (SELECT coalesce(sum(c.reserved_microusd), 0) FROM model_calls c WHERE c.task_id = p_task) AS task_left,
        (SELECT coalesce(sum(c.reserved_microusd), 0) FROM model_calls c WHERE c.owner_id = p_owner) AS owner_promised,
        (SELECT coalesce(sum(c.reserved_microusd), 0) FROM model_calls c WHERE c.owner_id = p_owner AND c.project_id = p_project)
          AS project_promised
    ) s, (
      SELECT
        coalesce(sum(c.microusd) FILTER (WHERE c.day >= first), 0) AS owner_month,
        coalesce(sum(c.microusd) FILTER (WHERE c.day >= monday), 0) AS owner_week,
        coalesce(sum(c.microusd) FILTER (WHERE c.day = today), 0) AS owner_day,
        coalesce(sum(c.microusd) FILTER (WHERE c.day >= first AND c.project_id = p_project), 0) AS project_month,
        coalesce(sum(c.microusd) FILTER (WHERE c.day >= monday AND c.project_id = p_project), 0) AS project_week,
        coalesce(sum(c.microusd) FILTER (WHERE c.day = today AND c.project_id = p_project), 0) AS project_day
      FROM cost_days c WHERE c.owner_id = p_owner AND c.day >= least(monday, first) AND c.day <= today
    ) d;
  IF in_the_way IS NOT NULL THEN RETURN in_the_way; END IF;
  INSERT INTO model_calls (id, owner_id, project_id, task_id, run_id, gateway, model, reserved_microusd, input_tokens, lease_until)
    VALUES (p_id, p_owner, p_project, p_task, p_run, p_gateway, p_model, p_more, p_input, now() + p_lease_ms * interval '1 millisecond')
    ON CONFLICT (id) DO UPDATE SET reserved_microusd = model_calls.reserved_microusd + excluded.reserved_microusd;
  RETURN NULL;
END $$;
