import { describe, expect, test } from 'vitest'
import { isMisshapen, parseClaim, parseRegistration } from './worker-requests.js'

const id = '0b0e7f7e-0000-4000-8000-00000000000a'

describe('parseRegistration', () => {
  test.each([
    ['the oldest', { name: 'w', capabilities: ['shell'] }, { abilities: ['script'], tags: [] }, true],
    ['tags that may be null', { name: 'w', capabilities: ['shell'], tags: null }, { abilities: ['script'], tags: [] }, true],
    [
      'abilities repeated as tags',
      { name: 'w', capabilities: ['shell', 'docker'], tags: ['shell', 'docker', 'blue'] },
      { abilities: ['script', 'docker'], tags: ['blue'] },
      true,
    ],
    ['abilities among the tags', { name: 'w', tags: ['script', 'blue'], version: '0.7' }, { abilities: ['script'], tags: ['blue'] }, false],
    ['empty capabilities and abilities among the tags', { name: 'w', capabilities: [], tags: ['docker'] }, { abilities: ['docker'], tags: [] }, false],
    [
      'the newest',
      { name: 'w', capabilities: ['script', 'kubernetes'], tags: ['blue'], exclusive: true },
      { abilities: ['script', 'kubernetes'], tags: ['blue'], exclusive: true },
      false,
    ],
  ])('takes %s', (_name, body, skills, isLegacy) => {
    expect(parseRegistration(body)).toMatchObject({ name: 'w', skills, isLegacy })
  })

  test.each([
    [{ name: 'w', capabilities: [] }, 'worker registration requires at least one capability (script, docker, kubernetes, agent)'],
    [{ name: 'w', capabilities: ['magic'] }, 'unknown capability \'magic\'. Known: ["script", "docker", "kubernetes", "agent"]'],
    [{ name: 'w', capabilities: ['script'], tags: ['docker'] }, "`tags` entry 'docker' is an ability token, not a taint label. Move it into `capabilities`."],
  ])('refuses %j', (body, message) => {
    expect(parseRegistration(body)).toMatchObject({ kind: 'refusal', code: 'invalid', message })
  })

  test.each([
    [null],
    [{}],
    [{ name: 1, capabilities: ['script'] }],
    [{ name: 'w', capabilities: 'script' }],
    [{ name: 'w', capabilities: ['script'], tags: [1] }],
  ])('tells a body of another form from one that says something wrong: %j', body => {
    const refusal = parseRegistration(body)
    expect('kind' in refusal && isMisshapen(refusal)).toBe(true)
  })
})

describe('parseClaim', () => {
  test('takes every generation', () => {
    expect(parseClaim({ worker_id: id, capabilities: ['shell'] })).toMatchObject({ worker: id, skills: { abilities: ['script'] }, isLegacy: true })
    expect(parseClaim({ worker_id: id, tags: ['script', 'blue'] })).toMatchObject({ skills: { abilities: ['script'], tags: ['blue'] }, isLegacy: false })
    expect(parseClaim({ worker_id: id, capabilities: [], tags: ['docker', 'x'], exclusive: true })).toMatchObject({
      skills: { abilities: ['docker'], tags: ['x'], exclusive: true },
    })
  })

  test('refuses claims without ability and malformed ids', () => {
    expect(parseClaim({ worker_id: id, capabilities: [], tags: ['x'] })).toMatchObject({
      message: 'claim requires at least one capability (script, docker, kubernetes, agent)',
    })
    expect(parseClaim({ worker_id: 'no-uuid', capabilities: ['script'] })).toMatchObject({ message: 'Invalid worker ID' })
    const refusal = parseClaim({ worker_id: id })
    expect('kind' in refusal && isMisshapen(refusal)).toBe(true)
  })
})
