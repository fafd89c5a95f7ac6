// The conversation follows at its end, and leads to tasks.
import { expect } from '@jest/globals';
import { tap } from '@mainloop/testkit/browser';
import { OWNER } from '@mainloop/models/flow/ids';
import { appendOnce } from '@mainloop/models/db/log';
import { messageSaid } from '@mainloop/models/events/conversation';
import { seedItem, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { db, SIZES, inBrowser, shot, n, fresh, open } from './stage.ts';

inBrowser.each(SIZES)(
  'the chat follows at its end only: elsewhere it stays, and a pill says how much is new, %s',
  async (size) => {
    const say = (text: string): Promise<unknown> =>
      appendOnce(
        db,
        [
          messageSaid.new({
            actor: 'test',
            payload: { id: `m-${fresh()}`, role: 'assistant', text, turnId: null },
          }),
        ],
        OWNER,
      );
    for (let i = 0; i < 40; i++) await say(`Line ${i} of what was said.`);
    const { page, complaints } = await open(size, '/');
    const top = (): Promise<number> =>
      page.evaluate<number>("document.querySelector('[data-thread]').scrollTop");
    await until('the end to be in sight', async () => (await top()) > 300);
    await page.evaluate(
      "new Promise((r) => { document.querySelector('[data-thread]').scrollTop = 40; requestAnimationFrame(() => requestAnimationFrame(r)); })",
    );
    await seedTask(db, fresh());
    const asked = await seedItem(db, `th${n}`, `${fresh()}-q`, 'question', 'Does this move it?');
    await until('the event to be seen', async () => (await page.title()).includes('(1)'));
    expect(await top()).toBe(40);
    await say('Something new.');
    const pill = page.getByRole('button', { name: '1 new message' });
    await pill.waitFor();
    expect(await top()).toBe(40);
    await page.screenshot({ path: shot(`pill-${size}`) });
    await tap(pill);
    await until('the end', async () => (await top()) > 300);
    await pill.waitFor({ state: 'detached' });
    // Up there older words may have come, and with them those of the other size.
    const last = `And one more, ${size}.`;
    await say(last);
    await page.getByText(last).waitFor();
    await until('to have followed', () =>
      page.evaluate<boolean>(
        "(() => { const b = document.querySelector('[data-thread]'); return b.scrollHeight - b.scrollTop - b.clientHeight < 24; })()",
      ),
    );
    expect(asked).toBeTruthy();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  '"what is going on?" gives a card for each task that is open, and each card leads to its task, %s',
  async (size) => {
    const [one, two] = [await seedTask(db, fresh()), await seedTask(db, fresh())];
    const { page, complaints } = await open(size, '/');
    await page.getByLabel('Message', { exact: true }).fill('What is going on right now?');
    await tap(page.getByRole('button', { name: 'Send' }));
    const cards = page.getByRole('list', { name: 'Tasks' }).last();
    for (const id of [one, two]) await cards.getByRole('link', { name: `Task ${id}` }).waitFor();
    await page.screenshot({ path: shot(`going-on-${size}`) });
    await tap(cards.getByRole('link', { name: `Task ${two}` }));
    await page.getByRole('heading', { name: `Task ${two}`, level: 1 }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);
