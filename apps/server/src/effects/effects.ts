/** What this server does outside for the executions that ask for it. */
import { effectQueueOf } from '@busbar/conductor'
import type { EffectHandler } from '@busbar/engine'
import type { Brokers } from '../brokers/brokers.js'
import type { Config } from '../config/config.js'
import { AllowList } from '../outbound/allow-list.js'
import { OutboundGuard } from '../outbound/outbound-guard.js'
import { eventEffect } from './event-effect.js'
import { httpEffect } from './http-effect.js'
import { kafkaEffect } from './kafka-effect.js'

export interface Effects {
  /** By the kind that names their queue. */
  readonly handlers: Readonly<Record<string, EffectHandler>>
  close(): Promise<void>
}

export interface EffectsParts {
  readonly config: Pick<Config, 'outbound' | 'events' | 'databaseUrl'>
  readonly brokers: Brokers
  readonly ownPorts: () => readonly number[]
}

export const effectQueues = (['http', 'event', 'kafka'] as const).map(effectQueueOf)

export function effectsOf({ config, brokers, ownPorts }: EffectsParts): Effects {
  const { outbound, events, databaseUrl } = config
  const allow = new AllowList(outbound.allow)
  const limits = { responseBytesMax: outbound.responseBytesMax, totalMs: outbound.totalSeconds * 1000 }
  const open = async (servers: readonly string[]) => new (await import('../brokers/kafka.js')).KafkaBroker(servers)
  const kafka = kafkaEffect({ configured: events.kafka, allow, open })
  const http = httpEffect(new OutboundGuard({ allow, ownPorts, never: databaseIn(databaseUrl) }), limits)
  return { handlers: { http, event: eventEffect(brokers), kafka }, close: () => kafka.close() }
}

/** The database's own place, which no task is to reach. */
function databaseIn(url: string): readonly { readonly host: string; readonly port: number }[] {
  if (!URL.canParse(url)) return []
  const { hostname, port } = new URL(url)
  return [{ host: hostname.toLowerCase(), port: port === '' ? 5432 : Number(port) }]
}
