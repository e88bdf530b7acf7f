/**
 * A NUL character cuts the text in one driver and is no text at all to another database; half of a surrogate pair has no
 * UTF-8, so it would come back as another character.
 */
const foreign = /[\0\p{Surrogate}]/u

/** Whether every text can be a name: something that is stored, and found again, outside of JSON. */
export function isPlain(...texts: readonly (string | null | undefined)[]): boolean {
  return !texts.some(text => typeof text === 'string' && foreign.test(text))
}
