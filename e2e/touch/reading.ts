// Pages for whoever reads large, by ear or by keyboard.
import { expect } from '@jest/globals';
import { openPage } from '@mainloop/testkit/browser';
import { seedItem, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import axe from 'axe-core';
import { t, s, browser, inBrowser, shot, fresh, DIFF, pushed, say } from './stage.ts';

inBrowser.each(['light', 'dark'] as const)(
  'at twice the size nothing scrolls sideways, headings are in order, and axe finds nothing, %s',
  async (theme) => {
    const task = await seedTask(t.db, fresh());
    await pushed(task, `${task}-1`, DIFF, DIFF);
    await seedItem(t.db, task, `${task}-q`, 'question', 'Which way should the rounding go, up or down?', [
      'Up, always',
      'Down, always',
    ]);
    await seedItem(t.db, task, `${task}-r`, 'review', 'Ready for review');
    await say('assistant', '## Done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```ts\nconst a = 1;\n```');
    const found: string[] = [];
    // A phone and a desktop, each at twice the size.
    for (const [width, height] of [
      [195, 422],
      [720, 450],
    ] as const) {
      // prettier-ignore
      const { page } = await openPage(browser, width < 300 ? 'phone' : 'desktop', theme === 'dark');
      await page.setViewportSize({ width, height });
      for (const where of [
        '/',
        '/inbox',
        `/task/${task}`,
        `/task/${task}/changes`,
        '/projects',
        '/settings',
        '/week',
        '/nothing-here',
      ]) {
        await page.goto(`${s.web}${where}`);
        await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
        await until(
          'what has come to settle',
          async () => (await page.locator('[aria-disabled=true]').count()) === 0,
        );
        const wide = await page.evaluate<string[]>(`document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('[class*=overflow-x]')).slice(0, 3).map((e) => e.outerHTML.slice(0, 90))`);
        found.push(...wide.map((e) => `${width} ${where} too wide: ${e}`));
        await page.evaluate(axe.source);
        const result = await page.evaluate<{ violations: { id: string; nodes: { target: string[] }[] }[] }>(
          "axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] } })",
        );
        found.push(
          ...result.violations.map(
            (violation) =>
              `${width} ${where} ${violation.id}: ${violation.nodes
                .map((x) => x.target.join(' '))
                .slice(0, 3)
                .join(', ')}`,
          ),
        );
      }
      await page.screenshot({ path: shot(`twice-${width}-${theme}`) });
      await page.close();
    }
    expect(found).toEqual([]);
  },
);
