-- What others push to a task's branch is noted too, by the worker who sees it: a row with the state 'seen' and no run.
DO $$
BEGIN
  GRANT INSERT ON "pushes" TO mainloop_worker;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'mainloop: this server does not let us grant rights';
END $$;
