// The channel to a running agent, on the real binary. Each topic is a file in `agent`, on one stack.
import { afterAll, beforeAll } from '@jest/globals';
import { startStage, stopStage } from './agent/stage.ts';
import './agent/steering.ts';
import './agent/permissions.ts';
import './agent/setup.ts';
import './agent/evidence.ts';
import './agent/folder.ts';
import './agent/neighbours.ts';
import './agent/workflow.ts';

beforeAll(startStage);
afterAll(stopStage);
