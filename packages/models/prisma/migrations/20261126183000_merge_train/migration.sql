-- A change that was approved and waits for its turn to be merged: the item in which it was, and the place in the log, which is the order.
ALTER TABLE "tasks" ADD COLUMN "train_item" TEXT, ADD COLUMN "train_seq" BIGINT;
