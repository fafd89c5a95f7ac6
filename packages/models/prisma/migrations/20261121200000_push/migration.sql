-- Devices that are told what needs the person, what each of them was shown, and the key that signs for us (RFC 8292).
CREATE TABLE "push_devices" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "p256dh" TEXT NOT NULL,
    "auth" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_ok_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "push_devices_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "push_devices_endpoint_key" ON "push_devices" ("endpoint");

CREATE TABLE "push_notices" (
    "item_id" TEXT NOT NULL,
    "device_id" TEXT NOT NULL REFERENCES "push_devices" ("id") ON DELETE CASCADE,
    "state" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "push_notices_pkey" PRIMARY KEY ("item_id", "device_id")
);
CREATE INDEX "push_notices_shown" ON "push_notices" ("device_id") WHERE "state" = 'shown';

CREATE TABLE "vapid_keys" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "public_key" TEXT NOT NULL,
    "private_key" TEXT NOT NULL,
    CONSTRAINT "vapid_keys_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "vapid_keys_one" CHECK ("id" = 1)
);

-- The pages may read new tables by default. Not these: they hold what signs and encrypts.
DO $$
BEGIN
  REVOKE ALL ON "push_devices", "push_notices", "vapid_keys" FROM mainloop_web, mainloop_gateway;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE NOTICE 'mainloop: this server does not let us take rights away';
END $$;
