/** Bounds of one evaluation. What goes beyond them gives null, as any other path that cannot be read. */
export const expressionLimits = {
  /** Expressions within expressions: `${a.${b.${…}}}`. */
  nestingMax: 32,
  pathLengthMax: 8_192,
  /** Parentheses and filters within filters. */
  filterDepthMax: 32,
  /** Values looked at while one template is filled, those of filters included, and steps of their regular expressions. */
  pathStepsMax: 3_000_000,
  /** Levels of a value that a path descends or a text shows. */
  valueDepthMax: 1_000,
  /** Characters that all texts of one template may grow to when its values are put in. */
  textLengthMax: 32 * 1024 * 1024,
  /** Instructions of one regular expression, after its repetitions are spelled out. */
  regexSizeMax: 4_000,
  /** Entries of each cache: paths, texts. */
  cacheMax: 4_000,
} as const
