import { it } from 'vitest'
import { writeSync } from 'node:fs'
import { familyOf, trouble, calm } from './nested-verbs.test.js'
import { summary } from '../testing/play.js'
it('debug', () => {
  const [shapes, opt, seed, steps] = JSON.parse(process.env['C3CASE'] ?? '[]')
  const family = familyOf(shapes, opt)
  const send = family.world.send.bind(family.world)
  const short = (id: string) => [...family.world.views.keys()].findIndex(one => one.slice(0, 30) === id.slice(0, 30))
  family.world.send = (id, command) => {
    writeSync(1, `\n>> ${short(id)} ${JSON.stringify(command)}\n`)
    const reply = send(id, command)
    writeSync(1, `<< ${JSON.stringify(reply)}\n`)
    for (const view of family.world.views.values()) writeSync(1, `   ${short(view.id)} ${view.id.slice(-14)} ${summary(view)}\n`)
    return reply
  }
  try { trouble(family, seed, steps); calm(family) } catch (e) { writeSync(1, String(e) + '\n') }
  for (const view of family.world.views.values()) if (!view.isTerminal) writeSync(1, ` ! ${short(view.id)} ${summary(view)}  ${JSON.stringify([...view.attempts()].map(t => [t.ordinal, t.key, t.number, t.state.kind, t.data.executed, t.data.iteration, t.data.changed, t.data.retried, t.data.child]))}\n`)
})
