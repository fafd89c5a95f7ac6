// A controller's methods take path, status and schemas from the one table of routes, and may give nothing but
// what it says.
import { applyDecorators, Body, Delete, Get, Header, HttpCode, Patch, Post, Query } from '@nestjs/common';
import {
  queryOf,
  ROUTES,
  type Given,
  type Route as Row,
  type RouteName,
} from '@mainloop/models/contracts/routes';

const METHODS = { GET: Get, POST: Post, PATCH: Patch, DELETE: Delete } as const;

type Handler<N extends RouteName> = (...args: never[]) => Given<N> | Promise<Given<N>>;

/**
 * Makes a method answer a route.
 * @param name of a row of the table of routes
 * @returns a decorator that wants a handler of the row's types
 */
export const Route =
  <N extends RouteName>(name: N) =>
  <F extends Handler<N>>(target: object, key: string, descriptor: TypedPropertyDescriptor<F>): void => {
    const row: Row = ROUTES[name];
    const path = row.path.replace(/\{(\w+)\}/g, ':$1');
    applyDecorators(
      METHODS[row.method](path),
      HttpCode(row.status),
      // What is written by hand brings its own.
      ...(row.gives === undefined || row.answer.type === 'void' ? [] : [Header('content-type', row.gives)]),
    )(target, key, descriptor);
  };

type WithBody = { [N in RouteName]: (typeof ROUTES)[N] extends { body: unknown } ? N : never }[RouteName];

/**
 * The body of a route, read by its schema.
 * @returns a decorator of a parameter
 */
export const Sent = (name: WithBody): ParameterDecorator => Body({ schema: ROUTES[name].body });
/**
 * The query of a route, read by its schema.
 * @returns a decorator of a parameter
 */
export const Asked = (name: Parameters<typeof queryOf>[0]): ParameterDecorator =>
  Query({ schema: queryOf(name) });
