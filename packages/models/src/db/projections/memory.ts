// The long memory: its words stand in tables that are no projections, see events/memory.ts.
import { isOnlyTold, type Projections, type TypesOf } from './apply.ts';

export const ofMemory: Projections<TypesOf<'memory'>> = {
  'memory.summarised': isOnlyTold,
  'memory.edited': isOnlyTold,
  'memory.pinned': isOnlyTold,
  'memory.unpinned': isOnlyTold,
};
