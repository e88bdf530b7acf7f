import { afterEach, expect, test, vi } from 'vitest'
import { DefaultLogger } from './logger.js'

afterEach(() => vi.restoreAllMocks())

test('prints what is grave enough, with its tags, and its methods need no this', () => {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
  const { info, debug, error } = new DefaultLogger({ tags: ['mine'] })
  info('a', 1)
  debug('b')
  error('c')
  new DefaultLogger({ level: 'ERROR' }).info('d')
  expect(printed.mock.calls).toEqual([
    ['INFO', 'mine', 'a', 1],
    ['ERROR', 'mine', 'c'],
  ])
})
