/** Looks until what is looked for is there. Bounded, so that a test that fails says what it saw last. */
export async function until<T>(look: () => Promise<T>, isThere: (seen: T) => boolean, withinMs = 15_000): Promise<T> {
  for (const end = Date.now() + withinMs; ; ) {
    const seen = await look()
    if (isThere(seen)) return seen
    if (Date.now() > end) throw new Error(`not seen within ${withinMs} ms; the last look: ${JSON.stringify(seen)}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
