-- The campfire that asked about a rule, and until when nobody is asked about it again.
ALTER TABLE "learnings" ADD COLUMN "campfire" TEXT;
ALTER TABLE "learnings" ADD COLUMN "quiet_until" TIMESTAMPTZ(3);
