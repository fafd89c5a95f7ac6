import { json } from '@sveltejs/kit';
import { read } from '#lib/server/read.ts';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async ({ url }) => json(await read().find((url.searchParams.get('q') ?? '').slice(0, 200)));
