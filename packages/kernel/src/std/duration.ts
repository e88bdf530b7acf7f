const unitSecs: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 }

/** Seconds from `90`, `90s` or `1h30m15s`; null when the text is no such thing or not positive. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim()
  if (/^\d+$/.test(trimmed)) return positive(Number(trimmed))
  if (!/^(\d+[hms])+$/.test(trimmed)) return null
  let seconds = 0
  for (const [, digits, unit] of trimmed.matchAll(/(\d+)([hms])/g)) seconds += Number(digits) * (unitSecs[unit ?? ''] ?? 0)
  return positive(seconds)
}

function positive(seconds: number): number | null {
  return seconds > 0 && Number.isSafeInteger(seconds) ? seconds : null
}
