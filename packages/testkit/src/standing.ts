// What comes by itself, filled: automations, a campfire, and recurring work that did not come.
import { saveAutomation } from '@mainloop/models/db/automations/automations';
import { lightCampfire } from '@mainloop/models/db/learnings/campfire';
import { appendOnce } from '@mainloop/models/db/log';
import type { Db } from '@mainloop/models/db/pool';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { OWNER } from '@mainloop/models/flow/ids';

const AUTOMATIONS = [
  `name: red-again
when: ci.verdict
where:
  all:
    - { field: verdict, equals: red }
    - { field: project, glob: a-company-with-a-long-name/a-repository-with-a-longer-one }
count: { times: 3, within: 1h }
per: task.id
cooldown: 1d
perDay: 10
actions:
  - do: notify
    title: "{{task.title}} is red for the third time within an hour, and somebody should look at why"
`,
  `name: said
when: task.steered
actions:
  - do: notify
    title: "Somebody said {{text}}"
`,
];

/** Rules that wait are asked about by the campfire: they have to be there. */
export async function seedStanding(db: Db): Promise<void> {
  for (const text of AUTOMATIONS) {
    const saved = await saveAutomation(db, OWNER, text);
    if (!saved.ok) throw new Error(saved.sentence);
  }
  const lit = await lightCampfire(db, OWNER, Date.now());
  if (lit !== 'lit') throw new Error(`The campfire is ${lit}.`);
  const alarm = {
    id: 'recurring-alarm',
    kind: 'recurring' as const,
    title: '/release did not come as planned.',
    body: '/release should have come on Monday at 9:30 (Europe/Berlin) and did not happen. There is no project called a-repository-with-a-longer-one any more.',
    options: [],
    about: 'recurring-1',
  };
  await appendOnce(db, [inboxOpened.new({ actor: 'mainloop', payload: alarm })], OWNER);
}
