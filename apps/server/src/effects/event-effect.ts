/** EVENT tasks whose sink is a broker's. */
import { isBrokerType } from '@busbar/conductor'
import type { EffectHandler, Work } from '@busbar/engine'
import { isJsonObject, type JsonObject } from '@busbar/kernel'
import type { Brokers } from '../brokers/brokers.js'
import { type EffectEnd, effectEnded, messageOf } from './effect-end.js'

export function eventEffect(brokers: Brokers): EffectHandler {
  return {
    run: async work => effectEnded(work, await publish(brokers, work)),
    failed: (work, error) => effectEnded(work, failure(work, messageOf(error))),
  }
}

async function publish(brokers: Brokers, work: Work): Promise<EffectEnd> {
  const { broker, uri, payload } = work.work
  if (typeof broker !== 'string' || !isBrokerType(broker) || typeof uri !== 'string') return failure(work, `Unknown queue type ${String(broker)}`)
  try {
    await brokers.publish({ type: broker, uri }, { id: work.attempt.id, body: JSON.stringify(payload) })
  } catch (error) {
    return failure(work, messageOf(error))
  }
  return { outcome: 'completed', output: published(work), reason: null }
}

/** As it is kept: with references to secrets instead of their values. */
function published({ work }: Work): JsonObject {
  return isJsonObject(work['published']) ? work['published'] : {}
}

function failure(work: Work, error: string): EffectEnd {
  return {
    outcome: 'failed',
    output: published(work),
    reason: `Error loading queue:${String(work.work['event'])}, for task:${work.attempt.id}, error: ${error}`,
  }
}
