// A change under a thumb: comments on lines, and what is new in it.
import { expect } from '@jest/globals';
import { keepAttachment } from '@mainloop/models/db/conversation/attachments';
import { appendOnce } from '@mainloop/models/db/log';
import { agentShowed } from '@mainloop/models/events/runs';
import { reviewPassedOver } from '@mainloop/models/events/review';
import { OWNER } from '@mainloop/models/flow/ids';
import { openPage, reload, settled, tap } from '@mainloop/testkit/browser';
import { seedItem, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import axe from 'axe-core';
import type { Locator, Page } from 'playwright-core';
import { t, s, browser, SIZES, inBrowser, shot, fresh, open, answerOf, DIFF, pushed } from './stage.ts';

const MORE =
  'diff --git a/src/new.ts b/src/new.ts\n--- a/src/new.ts\n+++ b/src/new.ts\n@@ -1 +1,2 @@\n const a = 1;\n+const b = 2;\n';
/**
 * What a thumb can't hit: smaller than 44 pixels each way. The numbers of lines are as wide, and a miss is
 * put right by the arrows.
 */
const small = (page: Page): Promise<string[]> =>
  page.evaluate<
    string[]
  >(`[...document.querySelectorAll('#main button, #main a, #main label:has(input), #main select, #main summary')].flatMap((e) => {
    const r = e.getBoundingClientRect();
    const high = e.matches('[aria-label^="Comment on"]') ? 24 : 44;
    const inText = e.closest('p') !== null;
    return r.width === 0 || inText || (r.width >= 43.5 && r.height >= high - 0.5) ? [] : [e.outerHTML.slice(0, 80) + ' ' + r.width + 'x' + r.height];
  })`);
/** A page as an agent would photograph it. */
async function photograph(words: string): Promise<Buffer> {
  const { page } = await openPage(browser, 'desktop', false);
  await page.setContent(
    `<body style="font:32px sans-serif;margin:40px;background:#fff;color:#111"><h1>${words}</h1><p>Total 12.40</p>`,
  );
  const png = await page.screenshot();
  await page.close();
  return png;
}

inBrowser.each(SIZES)(
  'a line is commented on with a thumb: the form stays in view above the keyboard, code is written in a field for code, %s',
  async (size) => {
    const task = await seedTask(t.db, fresh());
    await pushed(task, `${task}-1`, DIFF, DIFF);
    const { page, complaints } = await open(size, `/task/${task}/changes`, size === 'desktop');
    const file = page.getByRole('region', { name: 'src/till.ts' });
    // Colours: words of the language, texts and comments.
    for (const [colour, text] of [
      ['word', 'const'],
      ['text', "'text 0'"],
      ['comment', '// said 0'],
    ] as const)
      // prettier-ignore
      expect((await file.locator(`.code-${colour}`).first().textContent())!).toBe(text);
    await page.screenshot({ path: shot(`diff-${size}`) });
    await tap(file.getByRole('button', { name: 'Comment on line 38', exact: true }));
    const field = page.getByRole('textbox', { name: 'Comment' });
    await field.fill('Say why.');
    // The keyboard takes the lower half of a phone.
    if (size === 'phone') await page.setViewportSize({ width: 390, height: 460 });
    await page.screenshot({ path: shot(`keyboard-${size}`) });
    const inSight = async (button: Locator): Promise<boolean> => {
      const box = await button.boundingBox();
      return box !== null && box.y >= 0 && box.y + box.height <= page.viewportSize()!.height;
    };
    const line = file.getByRole('button', { name: 'Comment on line 38', exact: true });
    await until('line and form to be in sight', async () => (await inSight(field)) && (await inSight(page.getByRole('button', { name: 'Keep comment' }))) && (await inSight(line))); // prettier-ignore
    if (size === 'phone') {
      // The thumb hit the line beside the one it was for.
      await tap(page.getByRole('button', { name: 'One line down' }));
      await page.getByText('On line 39 of till.ts.').waitFor();
    } else await line.waitFor();
    await tap(page.getByRole('button', { name: 'Suggest' }));
    const code = page.getByRole('textbox', { name: 'Your code for this line' });
    const at = size === 'phone' ? 38 : 37;
    expect(await code.inputValue()).toBe(`const line${at} = 'text ${at}'; // said ${at}`);
    const now = file.getByRole('button', { name: `Comment on line ${at + 1}`, exact: true });
    await until('line and code to be in sight', async () => (await inSight(code)) && (await inSight(now)));
    await page.screenshot({ path: shot(`suggest-${size}`) });
    await code.fill('const better = `a`; // ``` is in it');
    await reload(page);
    await until('the suggestion to be kept', async () => (await page.getByRole('textbox', { name: 'Your code for this line' }).inputValue()).startsWith('const better')); // prettier-ignore
    await tap(page.getByRole('button', { name: 'Keep comment' }));
    await page.getByText('not sent yet').waitFor();
    const { rows } = await t.db.query<{ body: string; line: number }>(
      'select body, line from review_comments where task_id = $1',
      [task],
    );
    expect(rows).toEqual([
      { line: at + 1, body: 'Say why.\n````suggestion\nconst better = `a`; // ``` is in it\n````' },
    ]);
    await page.setViewportSize(size === 'phone' ? { width: 390, height: 844 } : { width: 1440, height: 900 });
    await page.screenshot({ path: shot(`commented-${size}`) });
    if (size === 'phone') expect(await small(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'whoever reviewed a change sees first what is new in it, and the whole is one choice away, %s',
  async (size) => {
    const task = await seedTask(t.db, fresh());
    await pushed(task, `${task}-1`, DIFF, DIFF);
    await t.db.query("update pushes set created_at = now() - interval '1 hour' where id = $1", [`${task}-1`]);
    await pushed(task, `${task}-2`, DIFF + MORE, MORE);
    const response = await fetch(`${s.web}/api/tasks/${task}/looked`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ pushId: `${task}-1` }),
    });
    expect(response.ok).toBe(true);
    const { page, complaints } = await open(size, `/task/${task}/changes`);
    await page.getByRole('region', { name: 'src/new.ts' }).waitFor();
    expect(await page.getByRole('region', { name: 'src/till.ts' }).count()).toBe(0);
    await page.screenshot({ path: shot(`new-first-${size}`) });
    await page.getByLabel('Show').selectOption('all');
    await page.getByRole('region', { name: 'src/till.ts' }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES.flatMap((size) => [false, true].map((dark) => [size, dark] as const)))(
  'what the agent showed stands on the card and in the story, and a tap shows it on the whole screen, %s, dark: %s',
  async (size, dark) => {
    const task = await seedTask(t.db, fresh());
    for (const caption of ['The bill before the change', 'The bill after it, with the odd cent']) {
      const data = await photograph(caption);
      const kept = await keepAttachment(t.db, OWNER, { name: 'picture-1.png', mime: 'image/png', data });
      const payload = {
        runId: 'r',
        id: kept.id,
        caption,
        mime: 'image/png',
        width: 1440,
        height: 900,
        sha256: kept.id,
      } as const;
      await appendOnce(t.db, [agentShowed.new({ taskId: task, actor: 'agent', payload })], OWNER);
    }
    const review = await seedItem(t.db, task, `${fresh()}-r`, 'review', 'Ready for review');
    const { page, complaints } = await open(size, `/task/${task}`, dark);
    const name = `${size}-${dark ? 'dark' : 'light'}`;
    const card = page.locator(`#item-${review}`);
    const small = card.getByRole('button', { name: 'Show “The bill before the change” on the whole screen' });
    await until('the picture', () =>
      small.getByRole('img').evaluate((i) => (i as unknown as { naturalWidth: number }).naturalWidth > 0),
    );
    expect(await card.getByRole('list', { name: 'Pictures' }).getByRole('listitem').count()).toBe(2);
    expect(
      await page
        .getByRole('region', { name: 'Story' })
        .getByRole('img', { name: 'The bill before the change' })
        .count(),
    ).toBe(1);
    await page.screenshot({ path: shot(`pictures-${name}`) });
    await tap(small);
    const large = page.getByRole('dialog', { name: 'The bill before the change' });
    await until('the large picture', () =>
      large.getByRole('img').evaluate((i) => (i as unknown as { naturalWidth: number }).naturalWidth > 0),
    );
    expect((await large.boundingBox())!.width).toBe(page.viewportSize()!.width);
    await page.keyboard.press('ArrowRight');
    await page.getByRole('dialog', { name: 'The bill after it, with the odd cent' }).waitFor();
    await page.screenshot({ path: shot(`picture-${name}`) });
    await page.evaluate(axe.source);
    const found = (await page.evaluate('axe.run()')) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    expect(found.violations.map((v) => [v.id, v.nodes[0]?.html])).toEqual([]);
    await page.keyboard.press('Escape');
    await until('the picture to be gone', async () => (await page.getByRole('dialog').count()) === 0);
    // No key of a word about the picture decides anything.
    expect(await answerOf(review)).toBeUndefined();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES.flatMap((size) => [false, true].map((dark) => [size, dark] as const)))(
  'a comment that was passed over is made a request with one tap, %s, dark: %s',
  async (size, dark) => {
    const task = await seedTask(t.db, fresh());
    const id = `${task}-c`;
    const passed = {
      id,
      words: 'w',
      author: 'mona',
      text: 'LGTM, will merge after lunch',
      why: 'approval',
    } as never;
    await appendOnce(t.db, [reviewPassedOver.new({ taskId: task, actor: 'mona', payload: passed })], OWNER);
    const { page, complaints } = await open(size, `/task/${task}`, dark);
    const button = page.getByRole('button', { name: 'Take it as a request' });
    await settled(button);
    expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44);
    await page.screenshot({ path: shot(`take-${size}-${dark ? 'dark' : 'light'}`) });
    await tap(button);
    await page.getByText('You took it as a request.').waitFor();
    expect(await button.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
