// The times that come next, as they are shown and as Temporal is told them.
import { nextTimes } from '../../flow/conversation/recurring.ts';
import { readPlan } from './cron.ts';

/** @returns soonest first; none of a plan that can't be read any more, or that ends */
export function nextOf(cron: string, zone: string, nowMs: number, count = 5): Date[] {
  const plan = readPlan(cron, zone, nowMs);
  return plan.ok ? nextTimes(plan.next, nowMs, count).map((at) => new Date(at)) : [];
}
