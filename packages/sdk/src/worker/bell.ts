import type { Clock } from '../clock.js'

/** Wakes whoever waits on it. A ring that nobody waits for is lost: look at the situation first, then wait. */
export class Bell {
  private readonly waiting = new Set<() => void>()

  ring(): void {
    for (const wake of [...this.waiting]) wake()
  }

  /** Until it rings, or so long at most. Tells which. */
  wait(clock: Clock, delayMsMax: number): Promise<'rung' | 'elapsed'> {
    return new Promise(resolve => {
      const finish = (how: 'rung' | 'elapsed') => {
        this.waiting.delete(wake)
        cancel()
        resolve(how)
      }
      const wake = () => finish('rung')
      const cancel = clock.later(delayMsMax, () => finish('elapsed'))
      this.waiting.add(wake)
    })
  }
}
