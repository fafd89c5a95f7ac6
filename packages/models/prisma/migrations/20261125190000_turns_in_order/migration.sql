-- Turns are spoken in the order of their messages in the event log.
ALTER TABLE "turns" ADD COLUMN "seq" BIGINT NOT NULL DEFAULT 0;
UPDATE "turns" t SET "seq" = m."seq" FROM "messages" m WHERE m."turn_id" = t."id" AND m."role" = 'user';
