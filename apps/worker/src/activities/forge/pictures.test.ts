import { describe, expect, test } from '@jest/globals';
import { ForgeError, type Forge } from '@mainloop/adapters/forge/port';
import { keepAttachment } from '@mainloop/models/db/conversation/attachments';
import { appendOnce } from '@mainloop/models/db/log';
import { agentShowed } from '@mainloop/models/events/runs';
import { OWNER } from '@mainloop/models/flow/ids';
import { databaseOfFile } from '@mainloop/testkit/file-database';
import { seedPushed, seedTask } from '@mainloop/testkit/seed';
import { all, forgeOf, pull } from './testing.ts';

const database = databaseOfFile(seedPushed);
const forgeAt = forgeOf(() => database.db);

describe('pictures of an agent', () => {
  const told: { body: string }[] = [];
  const ensureComment = (comment: { body: string }) => {
    told.push(comment);
    return Promise.resolve({ id: 1, outcome: 'created' as const });
  };
  const bytes: string[] = [];
  const ensureFiles: Forge['ensureFiles'] = async (input) => {
    for (const file of input.files)
      bytes.push(`${input.ref}/${file.path} ${Buffer.from(await file.read()).toString()}`);
    return {
      urls: input.files.map((f) => `https://forge/o/r/blob/abc/${f.path}?raw=true`),
      outcome: 'created',
    };
  };
  const showed = async (taskId: string, caption: string): Promise<void> => {
    const kept = await keepAttachment(database.db, OWNER, {
      name: 'picture-1.png',
      mime: 'image/png',
      data: Buffer.from(`bytes of ${caption}`),
    });
    const picture = {
      id: kept.id,
      caption,
      mime: 'image/png',
      width: 12,
      height: 7,
      sha256: 'ab'.repeat(32),
    } as const;
    await appendOnce(
      database.db,
      [agentShowed.new({ taskId, actor: 'agent', payload: { runId: 'r', ...picture } })],
      OWNER,
    );
  };
  const task = async (id: string): Promise<string> => {
    await seedTask(database.db, id);
    await database.db.query("update tasks set state = 'ci', pr_number = 7, head_sha = 'h' where id = $1", [
      id,
    ]);
    return id;
  };
  const kept = async (taskId: string): Promise<number> =>
    (
      await database.db.query(
        "select a.id from attachments a join events e on e.payload->>'id' = a.id where e.task_id = $1 and e.type = 'agent.showed'",
        [taskId],
      )
    ).rows.length;

  test('stand in the summary, by an address of the forge, and a caption sets nothing off', async () => {
    const taskId = await task('pictured');
    await showed(taskId, 'The list](x), cc @mona ![');
    await forgeAt(pull('h'), all, { ensureComment, ensureFiles }).ensureSummary({ taskId });
    expect(bytes).toEqual([
      `mainloop/pictures/pictured/${'ab'.repeat(10)}.png bytes of The list](x), cc @mona ![`,
    ]);
    expect(told.at(-1)!.body).toContain(`](https://forge/o/r/blob/abc/${'ab'.repeat(10)}.png?raw=true)`);
    expect(told.at(-1)!.body).not.toContain('@mona');
  });

  test('where the forge takes no files, the captions stand there; where it is away, it is asked again', async () => {
    const taskId = await task('captioned');
    await showed(taskId, 'After the change');
    const says = (err: ForgeError) =>
      forgeAt(pull('h'), all, { ensureComment, ensureFiles: () => Promise.reject(err) }).ensureSummary({
        taskId,
      });
    await says(new ForgeError('forbidden', 'no'));
    expect(told.at(-1)!.body).toContain('In mainloop there are pictures of it:\n\n> After the change');
    await expect(says(new ForgeError('unavailable', 'later'))).rejects.toThrow('later');
  });

  test('go with a task that is cancelled, and stay with one that was merged', async () => {
    const gone: string[] = [];
    const forge = { ensureClosed: () => Promise.resolve('updated'), ensureBranchGone: () => Promise.resolve('updated'), ensureRefGone: (_, ref) => (gone.push(ref), Promise.resolve('updated')) } satisfies Partial<Forge>; // prettier-ignore
    for (const [id, merged] of [
      ['kept-pictures', true],
      ['gone-pictures', false],
    ] as const) {
      // prettier-ignore
      await showed(await task(id), 'x');
      for (const _ of [1, 2]) await forgeAt(pull('h'), all, forge).cleanForge({ taskId: id, merged });
    }
    expect([await kept('kept-pictures'), await kept('gone-pictures')]).toEqual([1, 0]);
    expect(new Set(gone)).toEqual(new Set(['mainloop/pictures/gone-pictures']));
  });
});
