// What may be done to the running agent from outside: stop it, say something to it, answer what it asks permission for.
import type { ChildProcess } from 'node:child_process';
import { claudeCode } from '@mainloop/adapters/agent/claude-code';
import { HeartbeatReply, PermissionAsked, type RunnerCommand } from '@mainloop/models/contracts/runner';
import type { RunOutcome } from '@mainloop/models/flow/runs/outcomes';
import type { Around } from './around.ts';
import { FencedOut, type GatewayLink } from './gateway-link.ts';
import { mayUnasked } from './unasked.ts';

const HEARTBEAT_MS = 1_000;
/** How long the gateway holds a question for commands. */
const WAIT_MS = 15_000;
const STOP_GRACE_MS = 10_000;
/** Shorter, so that what it did is kept within the ten seconds in which everything stands still. */
const PAUSE_GRACE_MS = 3_000;

type Steering = Extract<RunnerCommand, { type: 'steer' }>;
type Stopping = 'stopped' | 'all_paused' | 'silent' | 'time' | 'waiting';

export class Control {
  private child: ChildProcess | null = null;
  private listening = false;
  private stopped: Stopping | null = null;
  /** Said, but nobody listens yet. By id, because the gateway says it again until it is noted as delivered. */
  private readonly waiting = new Map<number, Steering>();
  private readonly received = new Set<number>();
  /** What happens with the answer, for each request that waits for one. */
  private readonly asked = new Map<string, (allow: boolean, message: string) => void>();
  /** Requests of the runner itself: a run that is stopped waits for none. */
  private readonly stoppers = new Set<string>();
  /** What the agent itself waits for: by request, the items in which a person is asked. */
  private readonly waitsFor = new Map<string, string>();
  private patience: NodeJS.Timeout | null = null;
  private readonly onCheckpoint: () => void;

  constructor(onCheckpoint: () => void) {
    this.onCheckpoint = onCheckpoint;
  }

  /**
   * @param summary what the agent said of its work, where it is done with it
   * @returns how the run ends where we ended it ourselves; null where we did not
   */
  ended(summary?: string): RunOutcome | null {
    switch (this.stopped) {
      case null:
        return null;
      case 'time':
        return { kind: 'limit', reason: 'time' };
      case 'waiting':
        return this.endedWaiting(summary);
      case 'stopped':
      case 'all_paused':
      case 'silent':
        return { kind: 'interrupted', reason: this.stopped };
    }
  }

  private endedWaiting(summary: string | undefined): RunOutcome {
    const [itemId, ...more] = this.waitsFor.values();
    if (itemId === undefined) return { kind: 'interrupted', reason: 'lost' };
    const itemIds = [itemId, ...more].slice(0, 20);
    return {
      kind: 'asked',
      itemId,
      itemIds,
      permission: true,
      ...(summary === undefined ? {} : { summary }),
    };
  }

  /** From now on the agent reads what is said; what waited is said now. */
  attach(child: ChildProcess): void {
    this.child = child;
    this.listening = true;
    if (this.stopped) return void child.kill('SIGTERM');
    for (const [id, steering] of this.waiting) this.say(id, steering);
    this.waiting.clear();
  }

  /** Its turn is over: what comes from here on is for the next run. */
  deafen(): void {
    this.listening = false;
  }

  /** Passes on what the agent asks permission for, unless it has a shape that needs none. */
  async ask(around: Around, requestId: string, tool: string, input: unknown): Promise<void> {
    const say = (allow: boolean, message: string): void => {
      // The answer is for the session that is taken up again with it.
      if (this.stopped === 'waiting') return;
      this.waitsFor.delete(requestId);
      this.beginPatience(around);
      this.child?.stdin?.write(claudeCode.permissionLine(requestId, allow, message, input));
    };
    if (await mayUnasked(around, tool, input)) return say(true, '');
    this.request(around.link, requestId, tool, input, say, (itemId) => {
      this.waitsFor.set(requestId, itemId);
      this.beginPatience(around);
    });
  }

  /**
   * An agent that waits for a person, and does nothing else meanwhile, gives up its slot after a while: its
   * session is kept. Whatever it says or hears in between begins the while anew.
   */
  beginPatience({ spec }: Pick<Around, 'spec'>): void {
    clearTimeout(this.patience ?? undefined);
    this.patience =
      this.waitsFor.size === 0 || this.stopped !== null
        ? null
        : setTimeout(() => this.stop('waiting'), spec.permissionPatienceMs);
  }

  /**
   * Asks permission for something that the runner itself is about to do, as the agent would. It gives up its
   * slot after a while like an agent's wait: `ended` says so then.
   * @returns whether it was given; it is not when the run is stopped, or out of time
   */
  askPermission(around: Around, requestId: string, command: string, description: string): Promise<boolean> {
    if (this.stopped !== null) return Promise.resolve(false);
    return new Promise((resolve) => {
      const late = setTimeout(() => this.answer(requestId, false, ''), around.spec.maxMinutes * 60_000);
      const say = (allow: boolean): void => {
        clearTimeout(late);
        this.stoppers.delete(requestId);
        // The answer is for the run that goes on with it.
        if (this.stopped !== 'waiting') this.waitsFor.delete(requestId);
        this.beginPatience(around);
        resolve(allow);
      };
      this.request(around.link, requestId, 'Bash', { command, description }, say, (itemId) => {
        this.waitsFor.set(requestId, itemId);
        this.beginPatience(around);
      });
      this.stoppers.add(requestId);
    });
  }

  private request(
    link: GatewayLink,
    requestId: string,
    tool: string,
    input: unknown,
    answer: (allow: boolean, message: string) => void,
    onAsked: (itemId: string) => void = () => undefined,
  ): void {
    this.asked.set(requestId, answer);
    void link
      .patiently('POST', '/run/permission', JSON.stringify({ requestId, tool, input: input ?? {} }), {
        'content-type': 'application/json',
      })
      .then((r) => {
        if (r.status !== 200)
          return this.answer(requestId, false, 'mainloop could not ask the reader. Find another way.');
        const { itemId } = PermissionAsked.parse(JSON.parse(r.body.toString()));
        // It may have been answered before we hear that it was asked.
        if (itemId !== null && this.asked.has(requestId)) onAsked(itemId);
      });
  }

  stop(why: Stopping): void {
    this.stopped ??= why;
    for (const id of this.stoppers) this.answer(id, false, '');
    this.child?.kill('SIGTERM');
    // An agent that does not end on request is ended.
    const graceMs = why === 'all_paused' ? PAUSE_GRACE_MS : STOP_GRACE_MS;
    setTimeout(() => this.child?.kill('SIGKILL'), graceMs).unref();
  }

  obey(id: number, command: RunnerCommand): void {
    switch (command.type) {
      case 'stop':
        return this.stop(command.why);
      case 'steer':
        if (this.received.has(id)) return;
        if (this.listening) this.say(id, command);
        else if (this.child === null) this.waiting.set(id, command);
        return;
      case 'permission':
        return this.answer(command.requestId, command.allow, command.message);
      case 'checkpoint':
        return this.onCheckpoint();
    }
  }

  private say(id: number, { by, text }: Steering): void {
    this.received.add(id);
    const from = by === 'mainloop' ? 'mainloop tells you' : 'The reader says';
    this.child?.stdin?.write(claudeCode.userLine(`${from}:\n${text}`));
  }

  private answer(requestId: string, allow: boolean, message: string): void {
    const answered = this.asked.get(requestId);
    this.asked.delete(requestId);
    answered?.(allow, message);
  }

  /** Renews the lease and takes commands, once a second. @returns a function that ends it after one last report */
  heartbeat(link: GatewayLink): { stop(): Promise<void> } {
    let after = 0;
    let stopped = false;
    const beat = async (): Promise<void> => {
      try {
        const body = JSON.stringify({ afterCommand: after, delivered: [...this.received].slice(-200) });
        const answer = await link.once('POST', '/run/heartbeat', body, {
          'content-type': 'application/json',
        });
        if (answer.status !== 200) return;
        for (const { id, command } of HeartbeatReply.parse(JSON.parse(answer.body.toString())).commands) {
          after = Math.max(after, id);
          this.obey(id, command);
        }
      } catch (err) {
        if (err instanceof FencedOut) this.leave();
      }
    };
    /** Asked besides, and held until there is something: a word said now is heard before the next model call. */
    const listen = async (): Promise<void> => {
      try {
        const answer = await link.once('GET', `/run/commands?after=${after}&wait=${WAIT_MS}`);
        if (answer.status !== 200) return void (await pause());
        const { commands } = HeartbeatReply.parse(JSON.parse(answer.body.toString()));
        for (const { id, command } of commands) {
          after = Math.max(after, id);
          this.obey(id, command);
        }
        // Noted as heard at once, or we would be told again. What nobody can hear now is told again in a while.
        if (commands.length > 0) await beat();
        if (commands.some((c) => c.command.type === 'steer' && !this.received.has(c.id))) await pause();
      } catch (err) {
        if (err instanceof FencedOut && !stopped) this.leave();
        await pause();
      }
    };
    const pause = (): Promise<void> => new Promise((r) => setTimeout(r, HEARTBEAT_MS));
    // Not waited for at the end: whatever it still hears is for the next run.
    void (async () => {
      while (!stopped) await listen();
    })();
    const beating = (async () => {
      while (!stopped) {
        await beat();
        await pause();
      }
    })();
    return {
      stop: async () => {
        stopped = true;
        await beating;
        // What was heard has to be noted before the result is, or the next run hears it twice.
        await beat();
      },
    };
  }

  /** Somebody else runs this task now, or it has ended. Everything we still did would be wrong. */
  private leave(): never {
    process.exit(3);
  }
}
