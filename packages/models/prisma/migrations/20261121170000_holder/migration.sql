-- The first runner that shows an epoch's token holds it: a Job may start its pod twice.
ALTER TABLE "runs" ADD COLUMN "holder" TEXT;
