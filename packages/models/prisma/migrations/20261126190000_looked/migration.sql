-- What is new since the person looked, on whatever device; and an item that was put off until CI is done.
ALTER TABLE "tasks" ADD COLUMN "looked_at" TIMESTAMPTZ(3);
-- Who started a task had seen it then: as the projection says it of new ones.
UPDATE "tasks" SET "looked_at" = "created_at";
ALTER TABLE "inbox_items" ADD COLUMN "until_ci" BOOLEAN NOT NULL DEFAULT false;
