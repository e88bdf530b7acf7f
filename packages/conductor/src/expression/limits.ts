/** Bounds of one evaluation. What goes beyond them gives null, as any other path that cannot be read. */
export const expressionLimits = {
  /** Expressions within expressions: `${a.${b.${…}}}`. */
  nestingMax: 32,
  pathLengthMax: 8_192,
  /** Parentheses and filters within filters. */
  filterDepthMax: 32,
  /** Values looked at while one path is read, those of its filters included. */
  pathStepsMax: 2_000_000,
  /** Levels of a value that a path descends or a text shows. */
  valueDepthMax: 1_000,
  /** Instructions of one regular expression, after its repetitions are spelled out. */
  regexSizeMax: 4_000,
  /** Instructions run for one match. */
  regexStepsMax: 4_000_000,
  /** Entries of each cache: paths, texts. */
  cacheMax: 4_000,
} as const
