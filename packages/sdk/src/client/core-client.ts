import { retrying } from '../http/retry.js'
import type { Transport, TransportLimits } from '../http/transport.js'
import { type AdminResourceApi, adminOperations } from '../resources/admin.js'
import { type EventResourceApi, eventOperations } from '../resources/event.js'
import { type HealthCheckResourceApi, healthCheckOperations } from '../resources/health-check.js'
import { type MetadataResourceApi, metadataOperations } from '../resources/metadata.js'
import { type QueueAdminResourceApi, queueAdminOperations } from '../resources/queue-admin.js'
import { type TaskResourceApi, taskOperations } from '../resources/task.js'
import { type WorkflowResourceApi, workflowOperations } from '../resources/workflow.js'
import { type WorkflowBulkResourceApi, workflowBulkOperations } from '../resources/workflow-bulk.js'
import { Channel } from './channel.js'
import { type ConductorClientOptions, type Configuration, createConfiguration, ServerConfiguration } from './configuration.js'
import { KeyAuthentication } from './key-authentication.js'
import { resource } from './resource.js'

/** What Node and browsers differ in. */
export interface Platform {
  readonly environment: { readonly [name: string]: string | undefined }
  transport(limits: Partial<TransportLimits>): Transport
}

export class CoreClient {
  readonly configuration: Configuration
  readonly adminResource: AdminResourceApi
  readonly eventResource: EventResourceApi
  readonly healthCheckResource: HealthCheckResourceApi
  readonly metadataResource: MetadataResourceApi
  readonly queueAdminResource: QueueAdminResourceApi
  readonly taskResource: TaskResourceApi
  readonly workflowBulkResource: WorkflowBulkResourceApi
  readonly workflowResource: WorkflowResourceApi
  private readonly transport: Transport
  private busbarSeen = false

  constructor(platform: Platform, given: Configuration | ConductorClientOptions = {}) {
    const options: ConductorClientOptions = isConfiguration(given) ? {} : given
    this.configuration = isConfiguration(given) ? given : configurationFrom(options, platform.environment)
    const retry = options.retriesMax === undefined ? {} : { retriesMax: options.retriesMax }
    this.transport = retrying(options.transport ?? platform.transport(options), retry)
    const channel = new Channel({
      configuration: this.configuration,
      transport: this.transport,
      authentication: authenticationFrom(options, platform.environment, this.transport),
      headers: options.headers ?? {},
      requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
      paths: options.paths ?? 'main',
      observe: headers => this.observe(headers),
    })
    this.adminResource = resource('AdminResourceApi', adminOperations, channel)
    this.eventResource = resource('EventResourceApi', eventOperations, channel)
    this.healthCheckResource = resource('HealthCheckResourceApi', healthCheckOperations, channel)
    this.metadataResource = resource('MetadataResourceApi', metadataOperations, channel)
    this.queueAdminResource = resource('QueueAdminResourceApi', queueAdminOperations, channel)
    this.taskResource = resource('TaskResourceApi', taskOperations, channel)
    this.workflowBulkResource = resource('WorkflowBulkResourceApi', workflowBulkOperations, channel)
    this.workflowResource = resource('WorkflowResourceApi', workflowOperations, channel)
  }

  /** Whether the server has shown to be Busbar, which answers a long poll at its first task. */
  get speaksToBusbar(): boolean {
    return this.busbarSeen
  }

  /** Closes idle connections. Nothing else is held; a program also ends without it. */
  close(): void {
    this.transport.close()
  }

  private observe(headers: Readonly<Record<string, string>>): void {
    this.busbarSeen = /^busbar\b/i.test(headers['server'] ?? '')
  }
}

function isConfiguration(given: Configuration | ConductorClientOptions): given is Configuration {
  return 'baseServer' in given
}

function configurationFrom(options: ConductorClientOptions, environment: Platform['environment']): Configuration {
  const url = options.serverUrl ?? environment['CONDUCTOR_SERVER_URL']
  return createConfiguration({ ...(url ? { baseServer: new ServerConfiguration(url) } : {}), middleware: options.middleware ?? [] })
}

function authenticationFrom(options: ConductorClientOptions, environment: Platform['environment'], transport: Transport): KeyAuthentication | undefined {
  const keyId = options.keyId ?? environment['CONDUCTOR_AUTH_KEY']?.trim()
  const keySecret = options.keySecret ?? environment['CONDUCTOR_AUTH_SECRET']?.trim()
  return keyId && keySecret ? new KeyAuthentication({ keyId, keySecret }, transport) : undefined
}
