-- With which version of its type an event's payload was written. Null, as in every row so far: the first.
ALTER TABLE "events" ADD COLUMN "version" INTEGER;
