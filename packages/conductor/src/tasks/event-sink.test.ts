import { describe, expect, it } from 'vitest'
import { sinkOf } from './event-sink.js'

const place = { workflow: 'w', ref: 'e' }

describe('a sink', () => {
  it('of the server itself is named after the workflow', () => {
    expect(sinkOf('conductor', place)).toEqual({ kind: 'internal', event: 'conductor:w:e' })
    expect(sinkOf('conductor:orders', place)).toEqual({ kind: 'internal', event: 'conductor:w:orders' })
  })

  it('of a broker is split at its first colon', () => {
    expect(sinkOf('jsm:orders:readers', place)).toEqual({ kind: 'broker', broker: 'jsm', event: 'jsm:orders:readers', uri: 'orders:readers' })
  })

  it('of any other kind is unknown', () => {
    expect(sinkOf('pigeon:home', place)).toMatchObject({ kind: 'unknown', reason: 'Unknown queue type pigeon' })
    expect(sinkOf('kafka', place)).toMatchObject({ kind: 'unknown' })
    expect(sinkOf('', place)).toMatchObject({ kind: 'unknown' })
  })
})
