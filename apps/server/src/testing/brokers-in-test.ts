/** Real brokers for tests, each on a free port with a folder of its own. They must be installed; nothing is skipped in silence. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.js'

export interface BrokerInTest {
  readonly url: string
  stop(): Promise<void>
}

const startMs = 45_000

export async function natsInTest(): Promise<BrokerInTest> {
  mustHave('nats-server')
  const port = await freePort()
  return running(port, `nats://127.0.0.1:${port}`, folder => ['nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder], {}])
}

export async function redisInTest(): Promise<BrokerInTest> {
  mustHave('redis-server')
  const port = await freePort()
  return running(port, `redis://127.0.0.1:${port}`, folder => [
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
    {},
  ])
}

export async function rabbitInTest(): Promise<BrokerInTest> {
  const program = '/usr/lib/rabbitmq/bin/rabbitmq-server'
  mustHave(program)
  const [port, distribution, names] = [await freePort(), await freePort(), await freePort()]
  const broker = await running(port, `amqp://127.0.0.1:${port}`, folder => {
    for (const name of ['data', 'log']) mkdirSync(join(folder, name))
    const environment = {
      HOME: folder,
      ERL_EPMD_PORT: String(names),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_EPMD_RELAXED_COMMAND_CHECK: '1',
      RABBITMQ_NODENAME: `busbar${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_MNESIA_BASE: join(folder, 'data'),
      RABBITMQ_LOG_BASE: join(folder, 'log'),
      RABBITMQ_PID_FILE: join(folder, 'pid'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_CONFIG_FILE: join(folder, 'none'),
    }
    return [program, [], environment]
  })
  const stop = async () => {
    await broker.stop()
    // Erlang's name server leaves the group; it can be asked to go.
    spawnSync('epmd', ['-port', String(names), '-kill'], { stdio: 'ignore' })
  }
  return { url: broker.url, stop }
}

function mustHave(program: string): void {
  const found = spawnSync('sh', ['-c', `command -v ${program}`])
  if (found.status !== 0) throw new Error(`${program} is not installed: apt-get install -y nats-server redis-server rabbitmq-server`)
}

type Command = readonly [program: string, args: readonly string[], environment: Readonly<Record<string, string>>]

async function running(port: number, url: string, command: (folder: string) => Command): Promise<BrokerInTest> {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-broker-'))
  const [program, args, environment] = command(folder)
  // A group of its own: some start children, which are ended with it.
  const child = spawn(program, args, { cwd: folder, stdio: 'ignore', detached: true, env: { ...process.env, ...environment } })
  const stop = async () => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until(
      () => answers(port),
      isUp => isUp,
      startMs,
    )
  } catch (cause) {
    await stop()
    throw new Error(`${program} did not listen on port ${port}`, { cause })
  }
  return { url, stop }
}

async function ended(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise(resolve => child.once('exit', resolve))
  process.kill(-pid, 'SIGKILL')
  await exit
}

async function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
