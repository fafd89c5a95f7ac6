import { expect, test } from '@jest/globals';
import { monthsOf } from './months.ts';

const months = monthsOf({ seed: 7 });

test('the same seed gives the same conversation, another one another', () => {
  expect(monthsOf({ seed: 7 })).toEqual(months);
  expect(monthsOf({ seed: 8 }).messages[0]).not.toEqual(months.messages[0]);
});

test('it has the size that was asked for, in order, and no id twice', () => {
  expect(months.messages).toHaveLength(10_000);
  expect(new Set(months.messages.map((m) => m.id)).size).toBe(10_000);
  const times = months.messages.filter((m) => m.role === 'user').map((m) => m.at.getTime());
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect((times.at(-1)! - times[0]!) / 86_400_000).toBeGreaterThan(115);
});

test('each fact stands in its message, what it replaced in an earlier one, and no two are about the same', () => {
  const byId = new Map(months.messages.map((m) => [m.id, m]));
  expect(months.facts).toHaveLength(400);
  expect(new Set(months.facts.map((f) => f.about)).size).toBe(400);
  for (const fact of months.facts) {
    const holds = byId.get(fact.messageId)!;
    expect(holds.text).toContain(fact.about);
    if (fact.kind !== 'negated') expect(holds.text).toContain(fact.value);
    if (fact.beforeId === null) continue;
    const held = byId.get(fact.beforeId)!;
    expect(held.text).toContain(fact.about);
    expect(held.at.getTime()).toBeLessThan(holds.at.getTime());
  }
  expect(new Set(months.facts.map((f) => f.kind))).toEqual(
    new Set(['plain', 'changed', 'negated', 'dated', 'named']),
  );
});
