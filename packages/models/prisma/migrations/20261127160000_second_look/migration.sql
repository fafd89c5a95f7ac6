-- How much what a second look found weighs; null for what somebody else said.
ALTER TABLE "review_comments" ADD COLUMN "weight" TEXT;
ALTER TABLE "review_comments" ADD CONSTRAINT "review_comments_weight" CHECK (
  ("via" = 'look') = ("weight" IS NOT NULL) AND ("weight" IS NULL OR "weight" IN ('must', 'should', 'note'))
);
