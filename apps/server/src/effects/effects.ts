/** What this server does outside for the executions that ask for it. */
import type { EffectHandler } from '@busbar/engine'
import type { Config } from '../config/config.js'
import { AllowList } from '../outbound/allow-list.js'
import { OutboundGuard } from '../outbound/outbound-guard.js'
import { httpEffect } from './http-effect.js'

export interface Effects {
  /** By the kind that names their queue. */
  readonly handlers: Readonly<Record<string, EffectHandler>>
}

export interface EffectsParts {
  readonly outbound: Config['outbound']
  readonly ownPorts: () => readonly number[]
}

export function effectsOf({ outbound, ownPorts }: EffectsParts): Effects {
  const guard = new OutboundGuard({ allow: new AllowList(outbound.allow), ownPorts })
  const limits = { responseBytesMax: outbound.responseBytesMax, totalMs: outbound.totalSeconds * 1000 }
  return { handlers: { http: httpEffect(guard, limits) } }
}
