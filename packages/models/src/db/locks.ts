// Advisory locks of Postgres that we take, in one place so that no two share a number.
import { sql } from 'kysely';
import type { Tx } from './pool.ts';
import { prepare, row, tables } from './rows.ts';

export const LOCKS = {
  /** Appends are serial. Without it a reader at `seq > cursor` skips rows that commit late (tried: 1 of 2 was lost). */
  append: 7_140_001,
  /** One process at a time applies migrations. */
  migrate: 7_140_002,
  /** Slots for runs are given one after the other. */
  slots: 7_140_003,
  /** One relay at a time keeps the outbox in order. */
  relay: 7_140_004,
  /** Two workers would tell every device everything twice. */
  notifications: 7_140_005,
  /** One worker at a time makes vectors, so that their numbers are given in the order in which they can be seen. */
  vectors: 7_140_015,
  /** One worker at a time learns from what happened. */
  signals: 7_140_016,
  /** One worker at a time lights the campfire. */
  campfire: 7_140_021,
  /** One worker at a time holds automations against what happened. */
  automations: 7_140_022,
  /** One device after the other writes a draft, also where there is no row yet. */
  drafts: 7_140_020,
  /**
   * Money for model calls is promised one call at a time. Taken by the function reserve_model_call in the
   * database itself.
   */
  money: 7_140_008,
} as const;

const wait = prepare<{ readonly lock: number }>()(({ lock }) =>
  tables.selectNoFrom(sql`pg_advisory_xact_lock(${lock})`.as('taken')),
);

/**
 * Takes a lock for this transaction, and waits for it.
 * @param lock its name in LOCKS; it is let go with the transaction
 */
export const takeLock = async (tx: Tx, lock: keyof typeof LOCKS): Promise<void> =>
  void (await wait(tx, { lock: LOCKS[lock] }));

/**
 * Takes a lock for this transaction if nobody has it, and does not wait for it.
 * @returns whether it is ours
 */
export const claimLock = async (tx: Tx, lock: keyof typeof LOCKS): Promise<boolean> =>
  (await row(tx, tables.selectNoFrom(sql<boolean>`pg_try_advisory_xact_lock(${LOCKS[lock]})`.as('got'))))!
    .got;
