-- A notification is noted before it goes out, too: the worker may end between the two, and what a phone may show has to be taken away again.
ALTER TABLE "push_notices" DROP CONSTRAINT "push_notices_state_check";
ALTER TABLE "push_notices" ADD CONSTRAINT "push_notices_state_check" CHECK (state IN ('sending', 'shown', 'withdrawn'));
DROP INDEX "push_notices_shown";
CREATE INDEX "push_notices_shown" ON "push_notices" ("device_id") WHERE "state" IN ('sending', 'shown');
