// `make bench-web`: what a person feels on a slow phone, in a real Chromium, into bench/results-web.json.
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CDPSession, Page } from 'playwright-core';
import { openPool } from '../packages/models/src/db/pool.ts';
import { openBrowser, SIZES, visit } from '../packages/testkit/src/browser.ts';
import { startPushService } from '../packages/testkit/src/push-service.ts';
import { seedItem, seedProject, seedTask } from '../packages/testkit/src/seed.ts';
import { startStack, until } from '../packages/testkit/src/stack.ts';
import { spawnTask } from '../packages/testkit/src/story.ts';
import { quantile, result, type Result } from './lib.ts';

/** A phone of the middle class, and a train: https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md */
const CPU = 4;
const LINK = {
  offline: false,
  latency: 150,
  downloadThroughput: (1.6 * 1024 * 1024) / 8,
  uploadThroughput: (0.75 * 1024 * 1024) / 8,
};

const story = path.join(mkdtempSync('/tmp/bench-web-'), 'story.yaml');
writeFileSync(
  story,
  `version: 1
chat:
  - when: '.'
    steps:
      - text: Here.
        tool: { name: spawn_task, input: { project: demo/tally, title: Steered, prompt: Wait., skipPlan: true } }
      - text: On the card.
agent:
  - when: '# Phase: implement|Word'
    steps: [${Array.from({ length: 60 }, (_, i) => `{ bash: "sleep 0.5; echo ${i}" }`).join(', ')}, { text: Done. }]
`,
);
const stack = await startStack({ MAINLOOP_PUSH_LOOPBACK: 'yes', MAINLOOP_DEMO_SCRIPT: story });
const db = openPool(stack.databaseUrl, 'bench-web', 4);
const browser = await openBrowser();
const all: Result[] = [];
try {
  await seedProject(db, 'pr-1', 'acme/api');
  for (const group of [benchPush, benchTap, benchDiff, benchInbox, benchSteer]) {
    const results = await group();
    for (const outcome of results)
      console.log(
        `${outcome.ok ? 'ok ' : 'BAD'} ${outcome.name}: ${outcome.value} ${outcome.unit}, bar: ${outcome.bar}`,
      );
    all.push(...results);
  }
} finally {
  await browser.close();
  await db.end();
  await stack.stop();
}
writeFileSync(
  path.join(path.dirname(fileURLToPath(import.meta.url)), 'results-web.json'),
  `${JSON.stringify(all, null, 2)}\n`,
);
process.exit(all.every((r) => r.ok) ? 0 : 1);

async function openPhone(link = false): Promise<{ page: Page; cdp: CDPSession; close(): Promise<void> }> {
  const context = await browser.newContext({
    viewport: SIZES.phone,
    isMobile: true,
    hasTouch: true,
    serviceWorkers: 'block',
  });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU });
  if (link) await cdp.send('Network.emulateNetworkConditions', LINK);
  return { page, cdp, close: () => context.close() };
}

/** From the event's commit to the push service having it. */
async function benchPush(): Promise<Result[]> {
  const service = await startPushService((await stack.call('getPushKey')).publicKey);
  const device = service.subscribe();
  const { id } = await stack.call('tellDevice', { body: { ...device.subscription, label: 'bench' } });
  await seedTask(db, 'push');
  const values: number[] = [];
  for (let i = 0; i < 40; i++) {
    const startedMs = Date.now();
    await seedItem(db, 'push', `push-${i}`, 'question', `Question ${i}`, ['Yes', 'No']);
    await until('the push', async () => device.got.length === i + 1, 20_000, 5);
    values.push(device.got.at(-1)!.atMs - startedMs);
  }
  await stack.call('forgetDevice', { id });
  service.close();
  await db.query("update inbox_items set state = 'closed'");
  const p95 = quantile(values, 0.95);
  return [result('event to the push service, p95', p95, 'ms', null, 'at most 1,000 ms', p95 <= 1_000)];
}

/** From the touch to the first frame that shows that it was taken. */
async function benchTap(): Promise<Result[]> {
  await seedTask(db, 'tap');
  const phone = await openPhone();
  const values: number[] = [];
  for (let i = 0; i < 25; i++) {
    await seedItem(db, 'tap', `tap-${i}`, 'plan', 'Plan, revision 1');
    await visit(phone.page, `${stack.web}/inbox`);
    const ms = await phone.page.evaluate<number>(`new Promise((done) => {
      const card = document.querySelector('#item-tap-${i}');
      const button = card.querySelector('[data-key=a]');
      const seen = new MutationObserver(() => {
        if (!card.textContent.includes('Approved.')) return;
        seen.disconnect();
        requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => done(performance.now() - t0); c.port2.postMessage(0); });
      });
      seen.observe(card, { childList: true, subtree: true, characterData: true });
      const t0 = performance.now();
      button.click();
    })`);
    values.push(ms);
    await until(
      'answered',
      async () =>
        (await db.query("select 1 from inbox_items where id = $1 and state = 'answered'", [`tap-${i}`]))
          .rowCount === 1,
    );
  }
  await phone.close();
  const p95 = quantile(values, 0.95);
  return [
    result(`tap to visible change, CPU slowed ${CPU}x, p95`, p95, 'ms', null, 'at most 80 ms', p95 <= 80),
  ];
}

/** Scrolling through a long change: the longest time between two frames. */
async function benchDiff(): Promise<Result[]> {
  await seedTask(db, 'diff');
  return [...(await scroll(1)), ...(await scroll(CPU))];
}

async function scroll(slowed: number): Promise<Result[]> {
  const file = (n: number, lines: number): string =>
    `diff --git a/src/f${n}.ts b/src/f${n}.ts\n--- a/src/f${n}.ts\n+++ b/src/f${n}.ts\n@@ -1,${lines / 2} +1,${lines} @@\n${Array.from({ length: lines }, (_, i) => `${i % 2 ? ' ' : '+'}  const value${i} = compute(${i}, 'some text that is as long as a line of code'); // ${n}`).join('\n')}\n`;
  await db.query(
    `insert into pushes (id, owner_id, task_id, run_id, branch, old_sha, new_sha, state, diff) values ('p-1','owner','diff','r','b','0','1','forwarded',$1) on conflict do nothing`,
    [Array.from({ length: 5 }, (_, n) => file(n, 1_000)).join('')],
  );
  const phone = await openPhone();
  await phone.cdp.send('Emulation.setCPUThrottlingRate', { rate: slowed });
  await visit(phone.page, `${stack.web}/task/diff/changes`);
  // A large change comes folded; a reader who wants all of it opens all of it.
  await phone.page.evaluate(
    "document.querySelectorAll('[data-file] header button[aria-expanded=false]').forEach((b) => b.click())",
  );
  await phone.page.waitForTimeout(3_000);
  const outcome = await phone.page.evaluate<{
    worst: number;
    p95: number;
    frames: number;
    lines: number;
  }>(`new Promise((done) => {
    const box = document.querySelector('[data-file]').closest('.overflow-y-auto');
    const gaps = [];
    let last = performance.now();
    const step = (now) => {
      gaps.push(now - last);
      last = now;
      box.scrollTop += 120;
      if (box.scrollTop + box.clientHeight < box.scrollHeight - 2 && gaps.length < 1500) requestAnimationFrame(step);
      else {
        gaps.sort((a, b) => a - b);
        done({ worst: gaps.at(-1), p95: gaps[Math.floor(gaps.length * 0.95)], frames: gaps.length, lines: document.querySelectorAll('[data-file] .grid').length });
      }
    };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(step); });
  })`);
  await phone.close();
  return [
    slowed === 1
      ? result(
          `longest frame while a diff of ${outcome.lines} lines scrolls`,
          outcome.worst,
          'ms',
          null,
          'at most 50 ms',
          outcome.worst <= 50 && outcome.lines >= 5_000,
        )
      : result(`longest frame of it, CPU slowed ${slowed}x`, outcome.worst, 'ms', null, 'reported', true),
  ];
}

async function benchInbox(): Promise<Result[]> {
  await seedTask(db, 'many');
  for (let i = 0; i < 500; i++)
    await seedItem(db, 'many', `many-${i}`, 'question', `Question ${i}, which way?`, [
      'This way',
      'That way',
    ]);
  const values: number[] = [];
  for (let i = 0; i < 5; i++) {
    const phone = await openPhone(true);
    await phone.page.goto(`${stack.web}/inbox`, { waitUntil: 'commit' });
    values.push(
      await until(
        'a paint',
        () =>
          phone.page.evaluate<number>(
            "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0",
          ),
        60_000,
        50,
      ),
    );
    await phone.close();
  }
  await db.query("update inbox_items set state = 'closed'");
  const p50 = quantile(values, 0.5);
  return [
    result(
      'inbox with 500 items, first contentful paint on a slow phone and link',
      p50,
      'ms',
      null,
      'at most 1,200 ms',
      p50 <= 1_200,
    ),
  ];
}

/** What is said to a running agent is in its very next model call. */
async function benchSteer(): Promise<Result[]> {
  const taskId = await spawnTask(stack, 'go');
  const calls = async (): Promise<number> =>
    ((await (await fetch(`${stack.model}/_requests`)).json()) as { agent: boolean }[]).filter((r) => r.agent)
      .length;
  await until('the agent at work', async () => (await calls()) >= 2);
  const TRIES = 8;
  let inTime = 0;
  const values: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    const before = await calls();
    const startedMs = Date.now();
    const { heard } = await stack.call('steerTask', { id: taskId, body: { text: `Word ${i}` } });
    await until(
      'it to be passed on',
      async () =>
        (await db.query('select 1 from run_commands where task_id = $1 and delivered_at is null', [taskId]))
          .rowCount === 0,
      20_000,
      20,
    );
    values.push(Date.now() - startedMs);
    // A call that was under way when it was said does not count.
    if (heard === 'now' && (await calls()) - before <= 1) inTime++;
    await new Promise((r) => setTimeout(r, 400));
  }
  await stack.call('cancelTask', { id: taskId });
  return [
    result(
      'words to a running agent that it had by its next model call',
      inTime,
      `of ${TRIES}`,
      null,
      'always',
      inTime === TRIES,
    ),
    result('said to passed on, p95', quantile(values, 0.95), 'ms', null, 'reported', true),
  ];
}
