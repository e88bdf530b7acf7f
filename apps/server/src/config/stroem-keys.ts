/** A configuration file of the Strøm server, read as ours where its keys mean the same. */
import { Problem } from '@busbar/kernel'
import { isRecord } from './key.js'

export interface Translated {
  readonly values: Record<string, unknown>
  readonly warnings: readonly string[]
}

/** Kept elsewhere by Busbar, or not needed: named in a warning, then left out. */
const ignored: Readonly<Record<string, string>> = {
  db: 'Busbar keeps its own database in the data folder',
  log_storage: 'Busbar keeps logs in its database',
  state_storage: 'state snapshots are not built yet',
  artifact_storage: 'artifacts are not built yet',
  retention: 'retention is not built yet, nothing is deleted',
  metrics: 'metrics are not built yet',
  default_step_timeout: 'default time limits are not built yet',
  default_job_timeout: 'default time limits are not built yet',
}

/** Leaving these out in silence would open what the operator meant to close. */
const refused = ['auth', 'acl', 'git_auth', 'mcp', 'agents']

const recoveryKeys: Readonly<Record<string, string>> = {
  heartbeat_timeout_secs: 'heartbeatTimeoutSeconds',
  sweep_interval_secs: 'sweepIntervalSeconds',
  unmatched_step_timeout_secs: 'unmatchedStepTimeoutSeconds',
}

export function translateStroemKeys(file: Readonly<Record<string, unknown>>): Translated {
  const values: Record<string, unknown> = {}
  const warnings: string[] = []
  for (const [key, value] of Object.entries(file)) {
    const reason = ignored[key]
    if (refused.includes(key))
      throw new Problem('unsupported', `the configuration key "${key}" of a Strøm server is not built yet: remove it to start without what it does`)
    if (reason !== undefined) warnings.push(`the configuration key "${key}" is ignored: ${reason}`)
    else if (key === 'listen' && typeof value === 'string') values['listen'] = listenOf(value)
    else if (key === 'worker_token') values['workerToken'] = value
    else if (key === 'recovery' && isRecord(value)) values['recovery'] = renamed(value)
    else values[key] = value
  }
  return { values, warnings }
}

/** `host:port`, the host of IPv6 in brackets. */
function listenOf(address: string): Record<string, unknown> {
  const colon = address.lastIndexOf(':')
  const port = Number(address.slice(colon + 1))
  if (colon < 0 || !Number.isInteger(port)) throw new Problem('invalid', `the configuration key "listen": expected host:port, found "${address}"`)
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '')
  return host === '' ? { port } : { host, port }
}

function renamed(recovery: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(recovery).map(([key, value]) => [recoveryKeys[key] ?? key, value]))
}
