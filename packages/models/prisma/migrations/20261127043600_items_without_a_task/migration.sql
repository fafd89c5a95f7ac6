-- An item may stand by itself: the campfire of a day, or what should have come by itself and did not. It then names what it is about.
-- Both are changes of the catalogue alone. The check is not looked up for rows that are there: each of them has its task.
ALTER TABLE "inbox_items" ADD COLUMN "about" TEXT;
ALTER TABLE "inbox_items" ALTER COLUMN "task_id" DROP NOT NULL;
ALTER TABLE "inbox_items" ADD CONSTRAINT "inbox_items_subject" CHECK (("task_id" IS NULL) <> ("about" IS NULL)) NOT VALID;
