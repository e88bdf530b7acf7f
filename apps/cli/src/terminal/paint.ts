/** Colours where a person looks, plain text everywhere else (pipes, NO_COLOR). */
import { styleText } from 'node:util'

export type Tone = 'good' | 'bad' | 'busy' | 'quiet' | 'strong' | 'plain' | 'accent'

const styles = { good: 'green', bad: 'red', busy: 'yellow', quiet: 'gray', strong: 'bold', accent: 'cyan' } as const

export function paint(tone: Tone, text: string): string {
  if (tone === 'plain' || !isColourful()) return text
  return styleText(styles[tone], text)
}

export function isColourful(): boolean {
  if (process.env['NO_COLOR']) return false
  return process.env['FORCE_COLOR'] ? true : process.stdout.isTTY === true
}

interface Look {
  readonly symbol: string
  readonly tone: Tone
}

/** Every status of both protocols, in one place. */
const looks: Readonly<Record<string, Look>> = {
  completed: { symbol: '✓', tone: 'good' },
  completed_with_errors: { symbol: '✓', tone: 'busy' },
  failed: { symbol: '✗', tone: 'bad' },
  failed_with_terminal_error: { symbol: '✗', tone: 'bad' },
  timed_out: { symbol: '✗', tone: 'bad' },
  cancelled: { symbol: '■', tone: 'quiet' },
  canceled: { symbol: '■', tone: 'quiet' },
  terminated: { symbol: '■', tone: 'bad' },
  skipped: { symbol: '○', tone: 'quiet' },
  running: { symbol: '▶', tone: 'busy' },
  in_progress: { symbol: '▶', tone: 'busy' },
  scheduled: { symbol: '·', tone: 'quiet' },
  ready: { symbol: '·', tone: 'quiet' },
  pending: { symbol: '·', tone: 'quiet' },
  paused: { symbol: '‖', tone: 'busy' },
  suspended: { symbol: '‖', tone: 'busy' },
}

export function statusText(status: string): string {
  const { symbol, tone } = looks[status.toLowerCase()] ?? { symbol: '?', tone: 'plain' }
  return paint(tone, `${symbol} ${status.toLowerCase().replaceAll('_', ' ')}`)
}

/** Text from outside must not steer the terminal: control characters become visible ones. */
export function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
