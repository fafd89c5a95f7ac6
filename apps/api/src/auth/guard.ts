// Who may pass. Every route but a few asks here first; a stream is asked again while it is open.
import { isSecret } from '@mainloop/network/secrets';
import type { NextFunction, Request, Response } from 'express';
import { scopeNeeded } from '@mainloop/models/contracts/scopes';
import { actingAs } from '@mainloop/models/db/acting';
import { findScope } from '@mainloop/models/db/devices/tokens';
import { tokenActor } from '@mainloop/models/flow/actors';
import { covers, TOKEN_PREFIX } from '@mainloop/models/flow/machine/scopes';
import { findFirstUser } from '@mainloop/models/db/devices/sessions';
import type { Db } from '@mainloop/models/db/pool';
import { PERSON_HEADER } from '@mainloop/models/flow/person';
import { refusal, REFUSALS, type Refusal } from '@mainloop/models/flow/refusals';
import type { ApiConfig } from '../config.ts';
import { answerOf } from '../http/refuse.ts';
import type { Auth } from './auth.ts';
import { personOf } from './person.ts';
import { deviceFamily } from '@mainloop/models/flow/machine/user-agent';

/** Reached by machines with proofs of their own, or by somebody who is just signing in. */
const OPEN = [/^\/api\/healthz$/, /^\/metrics$/, /^\/api\/webhooks\//, /^\/api\/auth\//, /^\/api\/signin$/];
const ASK_AGAIN_MS = 15_000;

const headersOf = (req: Request): Headers =>
  new Headers(
    Object.entries(req.headersDistinct).flatMap(([name, values]) =>
      (values ?? []).map((value): [string, string] => [name, value]),
    ),
  );

type Stopped = Refusal<
  | 'signed_out'
  | 'wrong_token'
  | 'token_expired'
  | 'scope_missing'
  | 'copied_session'
  | 'not_owner'
  | 'foreign_page'
  | 'other_person'
>;
export type Passage =
  | {
      readonly ok: true;
      readonly userId: string | null;
      readonly sessionToken: string | null;
      /** It came with a token that was made for a program and may be taken back: how the log names it. */
      readonly actor?: string;
    }
  | Stopped;

export class Guard {
  private readonly db: Db;
  private readonly auth: Auth | null;
  private readonly config: ApiConfig;
  constructor(db: Db, auth: Auth | null, config: ApiConfig) {
    this.db = db;
    this.auth = auth;
    this.config = config;
  }

  readonly middleware = async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    try {
      if (OPEN.some((o) => o.test(req.path))) {
        // Whoever is signing in has no session yet. Who has one shows it from the device that it was made
        // for, here as everywhere.
        const copied = req.headers.cookie === undefined ? null : await this.copied(req);
        return copied === null ? next() : stop(res, copied);
      }
      const passage = await this.passage(req, (cookie) => res.append('set-cookie', cookie));
      if (!passage.ok) return stop(res, passage);
      // What was written for one person does not go out as another's.
      const meant = req.headers[PERSON_HEADER];
      if (meant !== undefined && meant !== (await personOf(this.db, passage.userId)))
        return stop(res, refusal('other_person'));
      if (
        (passage.sessionToken !== null || passage.actor !== undefined) &&
        req.headers.accept?.includes('event-stream')
      )
        this.watch(req, res);
      if (passage.actor === undefined) next();
      else actingAs(passage.actor, next);
    } catch (err) {
      next(err);
    }
  };

  /**
   * @param renew takes the cookie when the session was prolonged: a device that is used stays signed in
   * @returns whether this request may do anything here, and on which session
   */
  async passage(req: Request, renew: (cookie: string) => void = () => undefined): Promise<Passage> {
    const bearer = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '')?.[1]?.trim();
    // It may do what it was made for, also where nobody has to sign in.
    if (bearer?.startsWith(TOKEN_PREFIX)) return this.byToken(req, bearer);
    // Then nobody but this machine is let in by the listener.
    if (this.auth === null) return { ok: true, userId: null, sessionToken: null };
    if (bearer !== undefined)
      return this.isOurs(bearer) ? { ok: true, userId: null, sessionToken: null } : refusal('wrong_token');
    const { response: found, headers } = await this.auth.api.getSession({
      headers: headersOf(req),
      returnHeaders: true,
    });
    if (!found) return refusal('signed_out');
    const { session, user } = found;
    const copied = await this.endIfCopied(this.auth, session, req);
    if (copied !== null) return copied;
    if ((await findFirstUser(this.db)) !== user.id) return refusal('not_owner');
    if (req.method !== 'GET' && req.method !== 'HEAD' && !this.isOwnOrigin(req))
      return refusal('foreign_page');
    headers.getSetCookie().forEach(renew);
    return { ok: true, userId: user.id, sessionToken: session.token };
  }

  private async copied(req: Request): Promise<Stopped | null> {
    const found = this.auth === null ? null : await this.auth.api.getSession({ headers: headersOf(req) });
    return this.auth === null || !found ? null : this.endIfCopied(this.auth, found.session, req);
  }

  /** A cookie that turns up in another kind of browser has been copied. */
  private async endIfCopied(
    auth: Auth,
    session: { token: string; userAgent?: string | null | undefined },
    req: Request,
  ): Promise<Stopped | null> {
    if (deviceFamily(session.userAgent ?? '') === deviceFamily(req.headers['user-agent'] ?? '')) return null;
    await (await auth.$context).internalAdapter.deleteSession(session.token);
    return refusal('copied_session');
  }

  private async byToken(req: Request, token: string): Promise<Passage> {
    const found = await findScope(this.db, token);
    if (found === null) return refusal('wrong_token');
    if (found === 'expired') return refusal('token_expired');
    const { scope, name } = found;
    const needed = scopeNeeded(req.method, req.path);
    return covers(scope, needed)
      ? { ok: true, userId: null, sessionToken: null, actor: tokenActor(name) }
      : refusal('scope_missing', scope, needed);
  }

  private isOurs(token: string): boolean {
    return isSecret(token, this.config.apiToken);
  }

  /**
   * A cookie travels with requests of other sites' pages too; their origin gives them away (Fetch Metadata,
   * RFC 6454).
   */
  private isOwnOrigin(req: Request): boolean {
    const site = req.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin') return false;
    return req.headers.origin === new URL(this.config.signIn!.publicUrl).origin;
  }

  /** A device that is signed out stops hearing within seconds. */
  private watch(req: Request, res: Response): void {
    const timer = setInterval(() => {
      this.passage(req).then(
        (p) => p.ok || res.end(),
        // The next round asks again.
        () => undefined,
      );
    }, ASK_AGAIN_MS);
    res.once('close', () => clearInterval(timer));
  }
}

const stop = (res: Response, stopped: Stopped): void =>
  void res.status(REFUSALS[stopped.code].status).json(answerOf(stopped));
