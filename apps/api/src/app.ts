// The api, put together. Nest only carries requests to functions; nothing here decides anything.
import 'reflect-metadata';
import type { Server } from 'node:http';
import { Module, StandardSchemaValidationPipe, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { minilm } from '@mainloop/adapters/embedder/minilm';
import { anthropic } from '@mainloop/adapters/model/anthropic';
import { claudeCodeChat } from '@mainloop/adapters/model/claude-code';
import { guardListener } from '@mainloop/network/listener';
import { openLog } from '@mainloop/logs/log';
import { openApi } from '@mainloop/models/contracts/openapi';
import { openPool } from '@mainloop/models/db/pool';
import type { Express, NextFunction, Request, Response } from 'express';
import { Guard } from './auth/guard.ts';
import { Finder } from './chat/finder.ts';
import { Turns } from './chat/turns.ts';
import type { ApiConfig } from './config.ts';
import { AttachmentsController } from './http/attachments.controller.ts';
import { ChatController, TURNS } from './http/chat.controller.ts';
import { DevicesController } from './http/devices.controller.ts';
import { ErrorsFilter } from './http/errors.filter.ts';
import { HealthController } from './http/health.controller.ts';
import { idsOfRequest, nestLog } from './http/log.ts';
import { LearningsController } from './http/learnings.controller.ts';
import { MemoryController } from './http/memory.controller.ts';
import { ProjectsController } from './http/projects.controller.ts';
import { PushController } from './http/push.controller.ts';
import { AutomationsController } from './http/automations.controller.ts';
import { CycleController } from './http/cycle.controller.ts';
import { RecurringController } from './http/recurring.controller.ts';
import { ReviewController } from './http/review.controller.ts';
import { isWebhook, MAX_WEBHOOK_BYTES, WebhooksController } from './http/webhooks.controller.ts';
import { WorkController } from './http/work.controller.ts';
import type { LoggedEvent } from '@mainloop/models/events/registry';
import { Hub, type Sink } from './stream/hub.ts';
import { StreamController } from './stream/stream.controller.ts';
import { AUTH, CONFIG, DB, FINDER, GUARD, HUB, MODEL } from './tokens.ts';

/** Everybody that answers a route. */
export const CONTROLLERS = [
  AttachmentsController,
  ChatController,
  AutomationsController,
  CycleController,
  RecurringController,
  MemoryController,
  WorkController,
  ReviewController,
  PushController,
  DevicesController,
  ProjectsController,
  LearningsController,
  WebhooksController,
  HealthController,
  StreamController,
];

@Module({})
class AppModule {
  static with(values: [symbol, unknown][]): DynamicModule {
    return {
      module: AppModule,
      controllers: CONTROLLERS,
      providers: values.map(([provide, useValue]) => ({ provide, useValue })),
    };
  }
}

/**
 * Starts one replica. Several may run beside each other on one Postgres.
 * @param config as `loadConfig` read it
 * @returns the port that it listens on, and an end, which breaks off what the chat is saying: another
 * replica says it anew
 * @throws where the port is taken or Postgres is not there
 */
export async function startApi(config: ApiConfig): Promise<{ port: number; close(): Promise<void> }> {
  const log = openLog('api');
  const db = openPool(config.databaseUrl, 'mainloop-api', 20);
  const hub = new Hub(db, config.databaseUrl);
  const gateway = { baseUrl: config.gatewayUrl, token: config.chatToken };
  const model =
    config.chatClaude === null
      ? anthropic(gateway)
      : claudeCodeChat({ ...gateway, executable: config.chatClaude });
  const embedder = minilm(config.embedder);
  const finder = new Finder(db, embedder);
  const turns = new Turns(db, model, finder, (err) => log.warn({ err }, 'a turn is tried again'));
  // Only where people sign in: with all that it needs it takes 20 MiB.
  const signIn =
    config.signIn === null ? null : (await import('./auth/auth.ts')).openSignIn(db, config.signIn);
  const auth = signIn?.auth ?? null;
  const guard = new Guard(db, auth, config);
  await hub.start();
  turns.start();
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.with([
      [DB, db],
      [CONFIG, config],
      [HUB, hub],
      [MODEL, model],
      [FINDER, finder],
      [TURNS, turns],
      [AUTH, auth],
      [GUARD, guard],
    ]),
    {
      logger: nestLog(log),
      // Ours come after the sign-in, which reads its requests itself.
      bodyParser: false,
      // `close()` would wait for open streams for ever; their readers resume by cursor.
      forceCloseConnections: true,
    },
  );
  app.disable('x-powered-by');
  app.use(idsOfRequest);
  app.use(guard.middleware);
  if (signIn) app.use(only('/api/auth/', signIn.handler));
  // Nothing reads a webhook before its signature was checked.
  app.useBodyParser('raw', { type: isWebhook, limit: MAX_WEBHOOK_BYTES, inflate: false });
  // A message of MCP; the longest prompt is far shorter.
  app.useBodyParser('json', { type: (req) => req.url?.split('?', 1)[0] === '/mcp', limit: '1mb' });
  app.useBodyParser('json', { limit: '26mb' });
  app.useBodyParser('raw', { type: 'application/octet-stream', limit: '20mb' });
  app.use(protocol(() => portOf(app), config.signIn?.publicUrl ?? 'the page on this machine', hub));
  app.useGlobalPipes(new StandardSchemaValidationPipe());
  app.useGlobalFilters(new ErrorsFilter(log));
  app.use(docsPages());
  // Longer than any proxy in front keeps an idle connection: it would meet ours just closing.
  app.getHttpServer().keepAliveTimeout = 65_000;
  // The forge comes under any name and with a proof of its own; pages are served elsewhere.
  guardListener(app.getHttpServer() as Server, config.listener, 'elsewhere', isWebhook);
  await app.listen(config.port, config.host);
  const port = portOf(app);
  log.info({ port }, 'api is listening');
  return {
    port,
    async close() {
      await turns.stop();
      await app.close();
      await hub.stop();
      await embedder.close();
      await db.end();
    },
  };
}

@Module({})
class DocsModule {}

/** The pages of what the api offers. They are opened rarely, so what makes them comes with the first request. */
function docsPages(): (req: Request, res: Response, next: NextFunction) => void {
  let pages: Promise<Express> | undefined;
  const open = async (): Promise<Express> => {
    const { SwaggerModule } = await import('@nestjs/swagger');
    const app = await NestFactory.create<NestExpressApplication>(DocsModule, { logger: false });
    SwaggerModule.setup('docs', app, () => openApi() as OpenAPIObject);
    await app.init();
    return app.getHttpAdapter().getInstance();
  };
  return (req, res, next) => {
    if (!/^\/docs(?:$|[-/])/.test(req.path)) return next();
    pages ??= open();
    void pages.then((shown) => void shown(req, res, next)).catch(next);
  };
}

const portOf = (app: NestExpressApplication): number =>
  (app.getHttpServer().address() as { port: number }).port;

/** MCP. Loaded with its first request: most never see one. */
function protocol(port: () => number, address: string, hub: Hub) {
  let handler: Promise<(req: Request, res: Response) => Promise<void>> | undefined;
  return (req: Request, res: Response, next: NextFunction): void => {
    if (req.path !== '/mcp') return next();
    handler ??= import('./http/mcp.ts').then(({ serveMcp }) =>
      serveMcp(port, address, (take) => {
        const sink: Sink = ({ kind, data }) => kind === 'event' && take(data as LoggedEvent);
        return hub.join(hub.at, sink);
      }),
    );
    handler.then((serve) => serve(req, res)).catch(next);
  };
}

/** Not mounted on the path, which Express would cut off: the sign-in wants to see it whole. */
const only =
  (start: string, handler: (req: Request, res: Response) => unknown) =>
  (req: Request, res: Response, next: NextFunction): void =>
    void (req.path.startsWith(start) ? handler(req, res) : next());
