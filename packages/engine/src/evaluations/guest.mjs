/**
 * What runs inside the sandbox around the user's code, as source text: short, because each run compiles it. It keeps the
 * built-ins it needs before that code can replace them. What JSON has no word for is null, and a number that JSON does not
 * have is its name, as Conductor's own scripts give them.
 */

/** Called with the input as JSON text and the longest output. Returns [show, explain]. */
export const prelude = `(function (inputText, outputMax) {
const { parse, stringify } = JSON, text = String, slice = Function.prototype.call.bind(text.prototype.slice)
const cut = (value, length) => slice(text(value), 0, length)
const plain = (_, value) => value === undefined ? null : typeof value === 'number' && value - value !== 0 ? text(value) : value
this.input = this.$ = parse(inputText)
return [function (value) {
const shown = stringify(value, plain)
if (shown === undefined) return 'null'
if (shown.length > outputMax) throw new RangeError('the result has ' + shown.length + ' characters as JSON, the most is ' + outputMax)
return shown
}, function (error) {
if (typeof error !== 'object' || error === null || !('message' in error)) return stringify({ message: cut(error, 1024), stack: '' })
return stringify({ message: cut(error.name, 200) + ': ' + cut(error.message, 1024), stack: cut(error.stack, 2048) })
}]
})`
