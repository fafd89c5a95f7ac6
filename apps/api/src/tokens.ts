// Injection tokens. Explicit, because under esbuild-like runners constructor types are `undefined` without them.
export const DB = Symbol('db');
export const CONFIG = Symbol('config');
export const HUB = Symbol('hub');
export const MODEL = Symbol('model');
export const FINDER = Symbol('finder');
export const AUTH = Symbol('auth');
export const GUARD = Symbol('guard');
