import type { Fuel } from './fuel.js'

const windowMin = 64
/** Made when it is needed: loading its tables costs more than the rest of this package. */
let segmenter: Intl.Segmenter | undefined

/**
 * Characters as people see them, a step each. Goes through the text in windows: the segmenter's cost for each character
 * grows with the length of the text it was given.
 */
export function* graphemes(text: string, fuel: Fuel): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const grapheme = isSimple(text, at) ? text.charAt(at) : firstGrapheme(text, at, fuel)
    fuel.spend(1)
    yield grapheme
    at += grapheme.length
  }
}

/** Below U+0300 nothing combines, except a carriage return with its line feed. */
function isSimple(text: string, at: number): boolean {
  const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 0
  return text.charCodeAt(at) < 0x300 && next < 0x300 && text.charAt(at) !== '\r'
}

/** A window that holds one grapheme only may have cut it short: look again with a wider one. */
function firstGrapheme(text: string, at: number, fuel: Fuel): string {
  for (let width = windowMin; ; width *= 2) {
    const window = text.slice(at, at + width)
    fuel.text(window.length)
    segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
    const [first] = segmenter.segment(window)
    const segment = first?.segment ?? window
    if (segment.length < window.length || at + width >= text.length) return segment
  }
}
