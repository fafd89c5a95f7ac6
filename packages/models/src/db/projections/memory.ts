// The long memory: its words stand in tables that are no projections, see events/memory.ts.
import { notProjected, type Projections, type TypesOf } from './apply.ts';

export const ofMemory: Projections<TypesOf<'memory'>> = {
  'memory.summarised': notProjected,
  'memory.edited': notProjected,
  'memory.pinned': notProjected,
  'memory.unpinned': notProjected,
};
