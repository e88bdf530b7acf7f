import type { Reader } from './reader.js'
import type { Trigger } from './types.js'

export function readTrigger(reader: Reader): Trigger {
  const field = (name: string): Reader => reader.field(name)
  const type = field('type').isAbsent
    ? field('type').fail('scheduler, webhook or event_source')
    : field('type').oneOf(['scheduler', 'webhook', 'event_source'], 'webhook')
  const shared = { task: field('task').text(), input: field('input').jsonObject(), enabled: field('enabled').boolean(true) }
  switch (type) {
    case 'scheduler':
      return {
        type,
        ...shared,
        cron: field('cron').text(),
        concurrency: field('concurrency').oneOf(['allow', 'skip', 'cancel_previous'], 'allow'),
        timezone: field('timezone').optionalText(),
        forceRefresh: field('force_refresh').boolean(false),
      }
    case 'webhook':
      return {
        type,
        ...shared,
        name: field('name').text(),
        secret: field('secret').optionalText(),
        mode: field('mode').optionalText(),
        timeoutSecs: optionalCount(field('timeout_secs')),
        forceRefresh: field('force_refresh').boolean(false),
      }
    case 'event_source':
      return {
        type,
        ...shared,
        targetTask: field('target_task').text(),
        env: field('env').dictionary(value => value.text()),
        restartPolicy: field('restart_policy').oneOf(['always', 'on_failure', 'never'], 'always'),
        backoffSecs: field('backoff_secs').count(5),
        inFlightMax: optionalCount(field('max_in_flight')),
      }
  }
}

function optionalCount(reader: Reader): number | null {
  return reader.isAbsent ? null : reader.count(0)
}
