// Chance from a seed: each actor has a stream of its own, so that one more draw of one does not change the others.

/** Draws for one actor; the same seed and name give the same draws. */
export function seeded(seed, name) {
  let state = 2_166_136_261 ^ seed
  for (const character of name) state = Math.imul(state ^ character.charCodeAt(0), 16_777_619)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    happens: share => next() < share,
    oneOf: list => list[Math.floor(next() * list.length)],
  }
}
