import type { Settings } from '@mainloop/models/contracts/http';
import { read } from '#lib/server/read.ts';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async () => ({ settings: (await read().settings()) as Settings });
