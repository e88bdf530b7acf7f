import { choice, flag, integer, secret, sources, text, texts } from './key.js'

/** Every key there is. The reference page, the parser and the names in the environment are made from this. */
export const keys = {
  listen: {
    host: text('127.0.0.1', 'Address to listen on. Beyond loopback the server starts only with allowOpenNetwork, as long as authentication is not built.'),
    port: integer(8080, null, { min: 0, max: 65_535 }, 'Port to listen on; 0 takes a free one.'),
  },
  allowOpenNetwork: flag(false, 'Accept requests from beyond loopback without authentication: whoever reaches the port may run code on your workers.'),
  allowedHosts: texts('Further names by which the server may be called, beside localhost, 127.0.0.1 and [::1].'),
  data: text('./.busbar', 'Folder of the embedded database and of what the server keeps. Made when missing, readable by its owner only.'),
  databaseUrl: secret(
    '',
    'Address of the database: `postgres://user:password@host:port/database` (several hosts, separated by commas, for one that fails over), or `sqlite:<path>`. Empty: an embedded one in the data folder. The plain variable DATABASE_URL counts too.',
  ),
  database: {
    poolMax: integer(
      4,
      'connections',
      { min: 1, max: 64 },
      'Connections to PostgreSQL for reads; a server holds up to seven more, for writing, news, lists and retention.',
    ),
    migrate: choice(
      'run',
      ['run', 'check'],
      'Whether the server brings the schema of the database up to date itself, or refuses to start until `busbar database upgrade` did.',
    ),
  },
  retention: {
    executionsDays: integer(0, 'days', { min: 0, max: 36_500 }, 'How long executions that ended are kept, with their logs; 0 keeps them for ever.'),
    logsDays: integer(0, 'days', { min: 0, max: 36_500 }, 'How long the logs of executions that ended are kept; 0 keeps them as long as the executions.'),
  },
  workerToken: secret(
    '',
    'What Strøm workers show to be let in. Empty: made once, kept in the data folder as worker-token, and the same for all servers on one PostgreSQL.',
  ),
  workspaces: sources('Folders of YAML flows by the name of their workspace.'),
  libraries: sources('Folders whose actions and tasks are imported into every workspace as `<library>.<name>`.'),
  workspaceRefreshSeconds: integer(30, 'seconds', { min: 1, max: 86_400 }, 'How often workspace folders are looked through for changes.'),
  recovery: {
    heartbeatTimeoutSeconds: integer(
      120,
      'seconds',
      { min: 10, max: 86_400 },
      'A worker without a sign of life for this long is lost, and its running steps fail.',
    ),
    sweepIntervalSeconds: integer(60, 'seconds', { min: 5, max: 86_400 }, 'How often the safety net looks for what no event woke.'),
    unmatchedStepTimeoutSeconds: integer(
      30,
      'seconds',
      { min: 5, max: 86_400 },
      'How long a step may be ready without any active worker that could run it. Not built yet: it has no effect, such a step waits.',
    ),
  },
  log: {
    level: choice('info', ['debug', 'info', 'warn', 'error', 'silent'], 'The least important events that are still written to the log.'),
  },
  limits: {
    heldPollsMax: integer(10_000, 'polls', { min: 1, max: 1_000_000 }, 'Long polls that may wait at once; more are answered 429.'),
    commandsMax: integer(20_000, 'commands', { min: 100, max: 10_000_000 }, 'Commands in flight at once; more are answered 429.'),
    cachedViewsMax: integer(20_000, 'executions', { min: 10, max: 10_000_000 }, 'Executions kept in memory between commands.'),
    evaluationMsMax: integer(4_000, 'milliseconds', { min: 10, max: 60_000 }, 'The longest run of one JavaScript expression.'),
    evaluationThreadsMax: integer(1, 'threads', { min: 1, max: 64 }, 'Threads that run JavaScript expressions.'),
  },
  publicUrl: text('', 'Where clients reach this server, e.g. https://busbar.example.org, for addresses that it hands out. Empty: by the name they called it.'),
  payloads: {
    workflowThresholdKilobytes: integer(
      5_120,
      'KiB',
      { min: 1, max: 10_240 },
      'Inputs and outputs of workflows above this are kept outside, and shown as a path.',
    ),
    workflowMaxKilobytes: integer(10_240, 'KiB', { min: 1, max: 10_240 }, 'Larger inputs of workflows are refused; a workflow with a larger output fails.'),
    taskThresholdKilobytes: integer(3_072, 'KiB', { min: 1, max: 10_240 }, 'Inputs and outputs of tasks above this are kept outside, and shown as a path.'),
    taskMaxKilobytes: integer(10_240, 'KiB', { min: 1, max: 10_240 }, 'A task with a larger input or output fails for good.'),
    variablesMaxKilobytes: integer(256, 'KiB', { min: 1, max: 10_240 }, 'How large the variables of one workflow may be together.'),
  },
  workflowListeners: {
    queues: flag(
      false,
      'Workflows with `workflowStatusListenerEnabled` tell of their end in the event queues conductor:_callbackSuccessQueue, _callbackFailureQueue and _callbackFinalizeQueue.',
    ),
    webhook: text('', 'Where every change of a workflow with `workflowStatusListenerEnabled` is posted to, by the rules of `outbound`. Empty: nowhere.'),
  },
  workflowMessages: flag(false, 'Whether messages may be pushed to workflows (POST /api/workflow/{id}/messages), for PULL_WORKFLOW_MESSAGES tasks.'),
  outbound: {
    allow: texts(
      'What HTTP tasks may reach beyond the public network: networks like 10.0.0.0/8, hosts, host:port, *.suffix. A metadata address must be named by itself.',
    ),
    tasksMax: integer(128, 'tasks', { min: 1, max: 10_000 }, 'HTTP, EVENT and KAFKA_PUBLISH tasks that this server does at the same time.'),
    responseBytesMax: integer(10_485_760, 'bytes', { min: 1_024, max: 1_073_741_824 }, 'The largest answer that an HTTP task takes.'),
    totalSeconds: integer(600, 'seconds', { min: 1, max: 86_400 }, 'How long an HTTP task may take in all, redirects included.'),
  },
  events: {
    kafka: texts('Bootstrap servers (host:port) of the Kafka cluster that events go to and come from, `kafka:<topic>`.'),
    nats: secret(
      '',
      'Address of the NATS server that events go to and come from, `nats:<subject>`; with JetStream `jsm:<subject>` or `nats_stream:<subject>`.',
    ),
    amqp: secret('', 'Address of the AMQP 0-9-1 server that events go to and come from, `amqp_queue:<queue>` and `amqp_exchange:<exchange>`.'),
    redis: secret('', 'Address of the Redis server whose streams events go to and come from, `redis:<stream>`.'),
  },
  stop: {
    drainSeconds: integer(20, 'seconds', { min: 0, max: 600 }, 'How long a stop waits for what is in flight.'),
  },
} as const
