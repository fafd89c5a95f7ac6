// Which tasks collide.
import { run, tables } from '../rows.ts';
import { notProjected, ofTask, type Projections, type TypesOf } from './apply.ts';

export const ofAwareness: Projections<TypesOf<'collision' | 'area'>> = {
  'collision.found': (tx, event) => {
    const { otherId, files, more } = event.payload;
    const shown = { files: JSON.stringify(files), more };
    return run(
      tx,
      tables
        .insertInto('collisions')
        .values({
          task_id: ofTask(event),
          other_id: otherId,
          owner_id: event.ownerId,
          since: event.at,
          ...shown,
        })
        .onConflict((conflict) => conflict.columns(['task_id', 'other_id']).doUpdateSet(shown)),
    );
  },
  'collision.cleared': (tx, event) =>
    run(
      tx,
      tables
        .deleteFrom('collisions')
        .where('task_id', '=', ofTask(event))
        .where('other_id', '=', event.payload.otherId),
    ),
  'area.known': notProjected,
};
