import { Controller, Inject, Param } from '@nestjs/common';
import type { Given, Taken } from '@mainloop/models/contracts/routes';
import { addLearning, decideLearning, listLearnings } from '@mainloop/models/db/learnings/learnings';
import { wishMining } from '@mainloop/models/db/learnings/mining';
import type { Db } from '@mainloop/models/db/pool';
import { whyFaded } from '@mainloop/models/flow/learnings/fading';
import { OWNER } from '@mainloop/models/flow/ids';
import { offersIn } from '@mainloop/models/flow/learnings/likeness';
import { oppositesIn } from '@mainloop/models/flow/learnings/opposites';
import { DB } from '../tokens.ts';
import { granted } from './refuse.ts';
import { Route, Sent } from './route.ts';

@Controller()
export class LearningsController {
  private readonly db: Db;
  constructor(@Inject(DB) db: Db) {
    this.db = db;
  }

  @Route('listLearnings')
  async list(): Promise<Given<'listLearnings'>> {
    const all = await listLearnings(this.db, OWNER);
    const offers = offersIn(all);
    const pairs = oppositesIn(all).map(({ stands, against }) => [stands.id, against.id]);
    return all.map(({ files, comments, nearTo: _, apart: __, ...l }) => ({
      ...l,
      sameAs: offers.get(l.id)?.id ?? null,
      faded: whyFaded({ files, comments }),
      against: pairs.flatMap((pair) => (pair.includes(l.id) ? pair.filter((id) => id !== l.id) : [])),
      versions: l.versions.map((v) => ({ ...v, until: new Date(v.until) })),
    }));
  }

  @Route('addLearning')
  async add(@Sent('addLearning') body: Taken<'addLearning'>): Promise<Given<'addLearning'>> {
    granted(await addLearning(this.db, OWNER, body, 'you'));
    return { ok: true };
  }

  @Route('decideLearning')
  async decide(
    @Param('id') id: string,
    @Sent('decideLearning') { decision, version, to, ...edited }: Taken<'decideLearning'>,
  ): Promise<Given<'decideLearning'>> {
    granted(await decideLearning(this.db, { ownerId: OWNER, id, decision, version, to, by: 'you' }, edited));
    return { ok: true };
  }

  @Route('mineReviews')
  async mine(@Param('id') id: string): Promise<Given<'mineReviews'>> {
    granted(await wishMining(this.db, OWNER, id));
    return { ok: true };
  }
}
