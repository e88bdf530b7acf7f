import { checkTemplate } from './check-action.js'
import type { Problems } from './problems.js'
import { type EventSourceTrigger, lookUp, type Trigger, type WebhookTrigger, type Workspace } from './types.js'

const webhookTimeoutSecsMax = 300

/** Cron expressions are checked where schedules are computed. */
export function checkTrigger(trigger: Trigger, workspace: Workspace, problems: Problems): void {
  if (trigger.type === 'event_source') return checkEventSource(trigger, workspace, problems)
  if (lookUp(workspace.tasks, trigger.task) === null) problems.error(`there is no task '${trigger.task}'`)
  if (trigger.type === 'webhook') return checkWebhook(trigger, problems)
  if (trigger.timezone !== null && !isTimeZone(trigger.timezone)) problems.error(`expected an IANA time zone such as Europe/Oslo, found '${trigger.timezone}'`)
}

function checkWebhook({ name, mode, timeoutSecs }: WebhookTrigger, problems: Problems): void {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) problems.error(`the name of a webhook is made of letters, digits, _ and -, and '${name}' is not`)
  if (mode !== null && mode !== 'sync' && mode !== 'async') problems.error(`expected the mode sync or async, found '${mode}'`)
  if (timeoutSecs !== null && (timeoutSecs < 1 || timeoutSecs > webhookTimeoutSecsMax)) {
    problems.error(`timeout_secs must be from 1 to ${webhookTimeoutSecsMax}, and is ${timeoutSecs}`)
  }
}

function checkEventSource(trigger: EventSourceTrigger, workspace: Workspace, problems: Problems): void {
  for (const task of [trigger.task, trigger.targetTask]) {
    if (!task.includes('.') && lookUp(workspace.tasks, task) === null) problems.error(`there is no task '${task}'`)
  }
  if (trigger.task === trigger.targetTask) problems.error('the consumer and the target must be two tasks')
  if (trigger.backoffSecs < 1) problems.error('backoff_secs must be at least 1')
  if (trigger.inFlightMax !== null && trigger.inFlightMax < 1) problems.error('max_in_flight must be at least 1')
  for (const [name, value] of Object.entries(trigger.env)) checkTemplate(value, `env.${name}`, problems)
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
