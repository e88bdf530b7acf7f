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
  readonly config: Pick<Config, 'outbound' | 'events'>
  readonly brokers: Brokers
  readonly ownPorts: () => readonly number[]
}

export const effectQueues = (['http', 'event', 'kafka'] as const).map(effectQueueOf)

export function effectsOf({ config, brokers, ownPorts }: EffectsParts): Effects {
  const { outbound, events } = config
  const allow = new AllowList(outbound.allow)
  const limits = { responseBytesMax: outbound.responseBytesMax, totalMs: outbound.totalSeconds * 1000 }
  const open = async (servers: readonly string[]) => new (await import('../brokers/kafka.js')).KafkaBroker(servers)
  const kafka = kafkaEffect({ configured: events.kafka, allow, open })
  const http = httpEffect(new OutboundGuard({ allow, ownPorts }), limits)
  return { handlers: { http, event: eventEffect(brokers), kafka }, close: () => kafka.close() }
}
