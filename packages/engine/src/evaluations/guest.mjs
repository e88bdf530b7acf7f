/**
 * What runs inside the sandbox around the user's code, as source text. It keeps the built-ins it needs before that code
 * can replace them; what the code does to the others hurts only itself, because each run has a runtime of its own.
 */

/** Called with the input as JSON text, the decision's time, a seed, and the longest output. Returns [show, explain]. */
export const prelude = `(function (inputText, now, seed, outputMax) {
  'use strict'
  const { parse, stringify } = JSON
  const text = String
  const cut = Function.prototype.call.bind(String.prototype.slice)
  const RealDate = Date
  const { construct, defineProperty } = Reflect
  const fix = (target, name, value) => defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })

  function FixedDate(...parts) {
    if (new.target === undefined) return new RealDate(now).toString()
    return construct(RealDate, parts.length === 0 ? [now] : parts, new.target)
  }
  fix(FixedDate, 'name', 'Date')
  fix(FixedDate, 'length', 7)
  FixedDate.prototype = RealDate.prototype
  fix(RealDate.prototype, 'constructor', FixedDate)
  fix(FixedDate, 'parse', RealDate.parse)
  fix(FixedDate, 'UTC', RealDate.UTC)
  fix(FixedDate, 'now', function now_() { return now })
  fix(globalThis, 'Date', FixedDate)

  let state = seed | 0
  fix(Math, 'random', function random() {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  })

  fix(globalThis, 'input', parse(inputText))
  fix(globalThis, '$', globalThis.input)

  function show(value) {
    const shown = stringify(value)
    if (shown === undefined) return 'null'
    if (shown.length > outputMax) throw new RangeError('the result has ' + shown.length + ' characters as JSON, the most is ' + outputMax)
    return shown
  }
  function explain(error) {
    const isObject = typeof error === 'object' && error !== null
    const name = isObject && 'message' in error ? cut(text(error.name), 0, 200) + ': ' : ''
    const message = isObject && 'message' in error ? error.message : error
    return stringify({ message: name + cut(text(message), 0, 1024), stack: isObject ? cut(text(error.stack), 0, 2048) : '' })
  }
  return [show, explain]
})`
