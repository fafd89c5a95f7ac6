// The one way to the embedded Temporal, which asks nobody who they are. It runs in a network of its own, where its ports are nobody's but
// this process's; and this process listens on a socket in a closed folder. It is the first process there: when it ends, the kernel ends
// Temporal, and when Temporal ends it ends too, so that the supervisor starts both again. Plain JavaScript without imports of ours: a process that
// only pipes should weigh little, and what reads TypeScript is 20 MB.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import net from 'node:net';

const [socket, port, program, ...args] = process.argv.slice(2);
if (!socket || !port || !program) throw new Error('temporal-proxy SOCKET PORT PROGRAM ARGUMENTS');
const temporal = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
temporal.once('error', (err) => {
  console.error(err.message);
  process.exit(1);
});
temporal.once('exit', (code) => process.exit(code ?? 1));
for (const s of ['SIGTERM', 'SIGINT']) process.on(s, () => temporal.kill(s));

const inside = () => net.connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
const answers = () =>
  new Promise((resolve) => {
    const probe = inside();
    probe.once('error', () => resolve(false));
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
  });

// Whoever finds the socket finds Temporal behind it.
rmSync(socket, { force: true });
while (!(await answers())) await new Promise((r) => setTimeout(r, 25));
net
  .createServer((client) => {
    const server = inside();
    client.pipe(server).pipe(client);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      one.on('error', () => other.destroy());
      one.once('close', () => other.destroy());
    }
  })
  .listen(socket);
