// Settings and projects say what became of a change.
import { expect } from '@jest/globals';
import type { ProjectSettings } from '@mainloop/models/contracts/settings';
import type { Status } from '@mainloop/models/flow/status';
import { tap, unfold, visit } from '@mainloop/testkit/browser';
import { DRAFT, seedProject, seedProposal, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import type { Locator } from 'playwright-core';
import { s, db, SIZES, inBrowser, shot, fresh, open } from './stage.ts';

inBrowser.each(SIZES)(
  'settings say "Saved" beside the field that was changed, and a wrong value says so there and is not kept, %s',
  async (size) => {
    const { page, complaints } = await open(size, '/settings', size === 'desktop');
    let where = page.locator('#main');
    const field = (
      name: string,
    ): { input: Locator; says: (words: string) => Promise<void>; isSaved: () => Promise<void> } => {
      const input = where.getByLabel(name, { exact: true });
      const around = where.locator('[data-setting]').filter({ has: page.getByLabel(name, { exact: true }) });
      return {
        input,
        says: (words) => around.getByRole('alert').getByText(words).waitFor(),
        isSaved: () => around.getByRole('status').getByText('Saved', { exact: true }).waitFor(),
      };
    };
    const change = async (name: string, to: string): Promise<ReturnType<typeof field>> => {
      const f = field(name);
      await f.input.fill(to);
      await f.input.blur();
      return f;
    };
    const kept = (): Promise<{ chatModel: string; maxRuns: number }> => s.call('getSettings');
    await (await change('The model you talk to', 'claude-haiku-5-5')).isSaved();
    await (await change('The model you talk to', 'banana')).says('There is no model of that name.');
    expect(await field('The model you talk to').input.getAttribute('aria-invalid')).toBe('true');
    expect((await kept()).chatModel).toBe('claude-haiku-5-5');
    await (await change('Agents running at once', '0')).says('Agents at once should be 1 at least.');
    await page.screenshot({ path: shot(`settings-${size}`), fullPage: true });
    await (await change('Agents running at once', '5')).isSaved();
    expect((await kept()).maxRuns).toBe(5);
    await (await change('The model you talk to', 'claude-sonnet-5-5')).isSaved();

    await visit(page, `${s.web}/projects`);
    where = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'acme/api' }) });
    // What is refused stays there as begun, on every device: the next size types something else.
    await (await change('Model', `gpt-${size}`)).says('There is no model of that name.');
    const dollars = size === 'phone' ? 7 : 8;
    await (await change('Budget per task, in dollars', String(dollars))).isSaved();
    const projects = await s.call('listProjects');
    const { model, budgetCents } = projects.find((p) => p.id === 'pr-1')!.settings as ProjectSettings;
    expect([model, budgetCents]).toEqual([undefined, dollars * 100]);
    await page.screenshot({ path: shot(`projects-${size}`), fullPage: true });
    expect(complaints).toEqual([]);
    await page.close();
  },
);

inBrowser.each(SIZES)(
  'a project can be removed: first it is said what becomes of its tasks, then they are cancelled, %s',
  async (size) => {
    const id = await seedProject(db, `pr-gone-${size}`, `acme/gone-${size}`);
    const task = await seedTask(db, fresh());
    await db.query('update tasks set project_id = $2 where id = $1', [task, id]);
    const offer = await seedProposal(db, `gone-${size}`, 3_600_000, { ...DRAFT, projectId: id });
    const { page, complaints } = await open(size, '/projects');
    const card = page.locator('li').filter({ has: page.getByRole('heading', { name: `acme/gone-${size}` }) });
    await unfold(card.locator('summary'));
    await tap(card.getByRole('button', { name: 'Remove project' }));
    const ask = card.getByRole('alertdialog');
    await ask.getByText('Its running task is cancelled').waitFor();
    await page.screenshot({ path: shot(`remove-${size}`) });
    await tap(ask.getByRole('button', { name: 'Keep it' }));
    await ask.waitFor({ state: 'detached' });
    expect(await s.call('listProjects')).toEqual(expect.arrayContaining([expect.objectContaining({ id })]));
    await tap(card.getByRole('button', { name: 'Remove project' }));
    await tap(ask.getByRole('button', { name: 'Remove' }));
    await card.waitFor({ state: 'detached' });
    await page.getByText(`acme/gone-${size} is removed.`).waitFor();
    expect((await s.call('listProjects')).map((p) => p.id)).not.toContain(id);
    await until('its task to be cancelled', async () =>
      (await s.call('listEvents', { id: task })).some(
        (e) => e.type === 'task.state' && (e.payload.status as Status).is === 'cancelling',
      ),
    );
    expect(
      (await db.query<{ state: string }>('select state from proposals where id = $1', [offer.id])).rows[0]!
        .state,
    ).toBe('declined');
    await expect(s.call('removeProject', { id: 'pr-nowhere' })).rejects.toThrow(/no such project/);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
