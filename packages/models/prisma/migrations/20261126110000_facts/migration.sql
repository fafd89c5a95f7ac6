-- Facts that may not break, whoever writes. Of what a database holds already nothing may stop the upgrade:
-- a foreign key is laid over it and asked for of every new row; whether the old ones keep it is looked at after that.
alter table run_output add constraint run_output_run_id_fkey foreign key (run_id) references runs (id) on update no action on delete no action not valid;
alter table checkpoints add constraint checkpoints_run_id_fkey foreign key (run_id) references runs (id) on update no action on delete no action not valid;

do $$
declare held record;
begin
  for held in select * from (values ('run_output'), ('checkpoints')) as t (tab) loop
    begin
      execute format('alter table %I validate constraint %I', held.tab, held.tab || '_run_id_fkey');
    exception when foreign_key_violation then
      raise warning '% holds rows of runs that are not there; new ones are refused', held.tab;
    end;
  end loop;

  -- A check is asked at every change of a row, whatever is changed. Where an old row does not keep it the check is left out, or nobody could
  -- ever change that row again.
  for held in
    select * from (values
      ('events', 'events_version_check', 'version >= 1'),
      ('outbox', 'outbox_kind_check', 'kind in (''start'', ''signal'')'),
      ('outbox', 'outbox_attempts_check', 'attempts >= 0'),
      ('turns', 'turns_state_check', 'state in (''queued'', ''running'', ''done'')'),
      ('proposals', 'proposals_state_check', 'state in (''open'', ''confirmed'', ''declined'', ''expired'')'),
      ('proposals', 'proposals_budget_cents_check', 'budget_cents >= 0'),
      ('tasks', 'tasks_money_check', 'budget_cents >= 0 and cost_microusd >= 0'),
      ('tasks', 'tasks_turns_check', 'turns >= 0 and plan_revision >= 0'),
      ('inbox_items', 'inbox_items_state_check', 'state in (''open'', ''answered'', ''closed'')'),
      ('inbox_items', 'inbox_items_answer_check', 'state <> ''answered'' or (answer is not null and answered_at is not null)'),
      ('runs', 'runs_state_check', 'state in (''queued'', ''starting'', ''running'', ''ended'')'),
      ('runs', 'runs_number_check', 'n >= 1 and epoch >= 0'),
      ('runs', 'runs_money_check', 'budget_microusd >= 0 and cost_microusd >= 0'),
      ('run_output', 'run_output_offset_check', '"offset" >= 0'),
      ('checkpoints', 'checkpoints_epoch_check', 'epoch >= 0'),
      ('forge_effects', 'forge_effects_state_check', 'state = ''intent'' or (state = ''done'' and result is not null)'),
      ('review_comments', 'review_comments_state_check', 'state in (''draft'', ''open'', ''resolved'')'),
      ('cost_days', 'cost_days_money_check', 'microusd >= 0 and input_tokens >= 0 and output_tokens >= 0'),
      ('model_calls', 'model_calls_money_check', 'reserved_microusd >= 0 and input_tokens >= 0'),
      ('push_notices', 'push_notices_state_check', 'state in (''shown'', ''withdrawn'')'),
      ('attachments', 'attachments_size_check', 'size = length(data)')
    ) as t (tab, name, fact) loop
    begin
      execute format('alter table %I add constraint %I check (%s)', held.tab, held.name, held.fact);
    exception when check_violation then
      raise warning '% holds rows that do not keep %; it is left out', held.tab, held.name;
    end;
  end loop;
end $$;
