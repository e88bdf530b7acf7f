import type { QueueName } from '@busbar/kernel'

/** The queue of the worker tasks of a type, within a domain if there is one. */
export function queueOf(taskType: string, domain: string | null): QueueName {
  return (domain === null ? `conductor/${taskType}` : `conductor/${domain}:${taskType}`) as QueueName
}
