// What an agent asks for before it does it, and what it never gets to do.
import { expect, test } from '@jest/globals';
import { until } from '@mainloop/testkit/stack';
import type { Item } from '@mainloop/testkit/story';
import { detail, events, items, output, printed, s, settings, spawn } from './stage.ts';

test('a command waits for permission: once, refused with a reason, and always', async () => {
  await settings({ permissions: 'ask' });
  try {
    const id = await spawn('permission');
    const ask = (title: string): Promise<Item> =>
      until(`"${title}"`, async () =>
        (await items(id)).find((i) => i.kind === 'permission' && i.title === title),
      );
    const first = await ask('Run: touch one');
    expect(first.body).toContain('It runs in the sandbox of this task');
    const waitsFor = async (): Promise<string | null> => (await s.call('getTask', { id })).waitingFor;
    expect(await waitsFor()).toBe('permission');
    await s.call('decide', { id: first.id, body: { decision: 'allow' } });
    const second = await ask('Run: rm -rf two');
    expect(second.body).toContain('Look twice: it deletes files');
    await s.call('decide', { id: second.id, body: { decision: 'deny', text: 'Keep it, please.' } });
    const third = await ask('Run: touch three');
    await s.call('decide', { id: third.id, body: { decision: 'allow_task' } });
    await expect(s.call('decide', { id: third.id, body: { decision: 'deny' } })).rejects.toThrow(
      /Already answered by you/,
    );
    await printed(id, 'asked for everything');
    expect(await waitsFor()).toBeNull();
    const out = await output(id);
    expect(out).toContain('Keep it, please.');
    // The same command a second time asked nobody, and neither did git.
    expect(
      (await events(id)).filter((e) => e.type === 'inbox.opened' && e.payload.kind === 'permission'),
    ).toHaveLength(3);
    expect(out).toContain('three is there twice');
  } finally {
    await settings({ permissions: 'sandbox' });
  }
});

test('no harmless-looking command makes a later one run something', async () => {
  await settings({ permissions: 'ask', verifyCommand: 'sh check.sh' });
  try {
    const id = await spawn('attack');
    const permissions = async () => (await items(id)).filter((i) => i.kind === 'permission');
    const refused: string[] = [];
    const refuse = async (title: string): Promise<void> => {
      const i = await until(`"${title}"`, async () => (await permissions())[0]);
      refused.push(i.title);
      expect(i.title).toBe(title);
      await s.call('decide', { id: i.id, body: { decision: 'deny' } });
      await until('it to be closed', async () => (await permissions()).every((x) => x.id !== i.id));
    };
    // What stands in the commit would become the configuration that git status reads.
    await refuse('Run: git log -1 --format=%B --output=.git/config');
    await refuse('Run: git log --oneline --output=.git/config');
    await refuse('Write: /work/repo/.git/config …');
    await refuse('Write: /work/repo/.claude/settings.json …');
    await refuse('Write: /work/repo/node_modules/.bin/tsc …');
    await refuse('Run: git status; touch /work/home/ran');
    await printed(id, 'all of it was tried');
    // The verify command would run what the agent has written.
    await refuse('Run: sh check.sh');
    await until('the run to end', async () => (await detail(id)).runs.some((r) => r.state === 'ended'));
    expect((await events(id)).filter((e) => e.type === 'evidence.recorded')).toEqual([]);
    const out = await output(id);
    expect(out).toContain('nothing to commit, working tree clean');
    expect(refused).toHaveLength(7);
    await s.call('cancelTask', { id });
  } finally {
    await settings({ permissions: 'sandbox', verifyCommand: null });
  }
});
