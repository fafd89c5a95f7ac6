-- An item that is looked at later.
ALTER TABLE "inbox_items" ADD COLUMN "snoozed_until" TIMESTAMPTZ(3);
