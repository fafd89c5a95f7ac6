// What everything of one run works with.
import type { RunSpec } from '@mainloop/models/contracts/runner';
import type { RunnerConfig } from './config.ts';
import type { GatewayLink } from './gateway-link.ts';
import type { Spool } from './spool.ts';

export interface Around {
  readonly config: RunnerConfig;
  readonly spec: RunSpec;
  readonly link: GatewayLink;
  readonly spool: Spool;
  readonly env: Record<string, string>;
}
